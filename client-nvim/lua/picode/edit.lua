--- Puts an accepted suggestion, or a part of one, into the buffer.

local api = vim.api

local M = {}

--- Ends the running undo step, so that one `u` takes back what comes next and nothing before it (|undo-break|).
local function end_undo_step()
  vim.cmd('let &g:undolevels = &g:undolevels')
end

--- Makes a change of a buffer that is one undo step, whatever happened just before it or comes just after it.
---@generic T
---@param bufnr integer
---@param change fun(): T
---@return T
function M.as_one_step(bufnr, change)
  api.nvim_buf_call(bufnr, end_undo_step)
  local result = change()
  if api.nvim_buf_is_valid(bufnr) then
    api.nvim_buf_call(bufnr, end_undo_step)
  end
  return result
end

--- Inserts text at the cursor and moves the cursor behind it. As a paste, which `.` repeats with what is typed around it.
---@param piece string
local function insert_text(piece)
  if vim.bo.modifiable and pcall(api.nvim_paste, piece, false, -1) then
    return
  end
  local position = api.nvim_win_get_cursor(0)
  local row, col = position[1] - 1, position[2]
  local lines = vim.split(piece, '\n', { plain = true })
  api.nvim_buf_set_text(0, row, col, row, col, lines)
  api.nvim_win_set_cursor(0, { row + #lines, (#lines == 1 and col or 0) + #lines[#lines] })
end

--- Inserts `piece` at the cursor and moves the cursor to its end. When it completes the suggestion, the suggestion's
--- command runs.
---@param candidate picode.Candidate
---@param rest string what is left of the candidate at the cursor
---@param piece string how `rest` begins
function M.insert(candidate, rest, piece)
  local left = rest:sub(#piece + 1)

  end_undo_step()
  local position = api.nvim_win_get_cursor(0)
  local row, col = position[1] - 1, position[2]
  if left == '' and candidate.replaced ~= '' then
    api.nvim_buf_set_text(candidate.bufnr, row, col, row, col + #candidate.replaced, {})
  end
  insert_text(piece)
  end_undo_step()

  local complete = left == '' or left == candidate.replaced
  local client = complete and candidate.command and vim.lsp.get_client_by_id(candidate.client_id)
  if client and not client:is_stopped() then
    -- The answer says nothing, and a failure to count an acceptance is nobody's business.
    client:exec_cmd(candidate.command, { bufnr = candidate.bufnr }, function() end)
  end
end

return M
