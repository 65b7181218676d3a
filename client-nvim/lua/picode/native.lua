--- Ghost text drawn by Neovim itself: |vim.lsp.inline_completion|, since 0.12. Only for those who ask for it: what no longer
--- fits stays on the screen until the server answers, and text right of the cursor is painted over.
---
--- Neovim asks while typing and draws what it gets. What it has no function for is done here: accepting a part,
--- dismissing. Asking for all candidates is left to `picode.ghost`.

local api = vim.api
local candidate = require('picode.candidate')
local edit = require('picode.edit')

local M = {}

---@return boolean
function M.available()
  return type(vim.lsp.inline_completion) == 'table'
end

---@param bufnr integer
---@param enable boolean
function M.enable(bufnr, enable)
  vim.lsp.inline_completion.enable(enable, { bufnr = bufnr })
end

---@return boolean
function M.visible()
  local namespace = api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  return namespace ~= nil and #api.nvim_buf_get_extmarks(0, namespace, 0, -1, { limit = 1 }) > 0
end

--- Where a |vim.Range| starts and ends: its fields are still settling.
---@return integer start_row
---@return integer start_col
---@return integer end_col
local function bounds(range)
  if range.start then
    return range.start.row, range.start.col, range.end_.col
  end
  return range.start_row, range.start_col, range.end_col
end

--- Neovim's item as a candidate of ours.
---@param item vim.lsp.inline_completion.Item
---@return picode.Candidate
local function from_native(item)
  local position = api.nvim_win_get_cursor(0)
  local col = position[2]
  local start_row, start_col, end_col = position[1] - 1, col, col
  if item.range then
    start_row, start_col, end_col = bounds(item.range)
  end
  local after = api.nvim_get_current_line():sub(col + 1)
  return {
    bufnr = api.nvim_get_current_buf(),
    client_id = item.client_id,
    row = start_row,
    col = start_col,
    text = item.insert_text --[[@as string]],
    after = after,
    -- The range ends where the cursor was when the server was asked, or further on; what was typed since is before it.
    replaced = after:sub(1, math.max(0, end_col - col)),
    command = item.command,
  }
end

--- Accepts what `take` takes of what is left.
---@param take fun(rest: string): string
---@return boolean accepted false if nothing is shown
function M.accept(take)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      if type(item.insert_text) ~= 'string' then
        return vim.snippet.expand(item.insert_text.value)
      end
      local chosen = from_native(item)
      local position = api.nvim_win_get_cursor(0)
      local rest = candidate.rest(chosen, position[1] - 1, position[2])
      if rest then
        edit.insert(chosen, rest, take(rest))
      end
    end,
  })
end

---@return boolean dismissed false if nothing is shown
function M.dismiss()
  -- Neovim hides the candidate before it calls this, and would insert it if there were nothing to call.
  return vim.lsp.inline_completion.get({ on_accept = function() end })
end

return M
