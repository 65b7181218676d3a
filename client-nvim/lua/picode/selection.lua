--- What a command is about, in the server's terms: a stretch of a buffer, and what is reported as wrong there.

local api = vim.api

local M = {}

---@class picode.Stretch
---@field bufnr integer
---@field first integer row, 0-based
---@field first_col integer in bytes
---@field last integer row, 0-based
---@field last_col integer in bytes, exclusive

--- The cursor of the current window.
---@return picode.Stretch
function M.cursor()
  local position = api.nvim_win_get_cursor(0)
  local row, col = position[1] - 1, position[2]
  return { bufnr = api.nvim_get_current_buf(), first = row, first_col = col, last = row, last_col = col }
end

---@param bufnr integer
---@param row integer 0-based
---@return string
local function line(bufnr, row)
  return api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
end

--- Whole lines of the current buffer, as an Ex range gives them.
---@param first integer 1-based
---@param last integer 1-based, inclusive
---@return picode.Stretch
function M.lines(first, last)
  local bufnr = api.nvim_get_current_buf()
  return { bufnr = bufnr, first = first - 1, first_col = 0, last = last - 1, last_col = #line(bufnr, last - 1) }
end

--- What is selected in visual mode, which this ends. A block is taken as its lines: the server knows no blocks.
---@return picode.Stretch
function M.visual()
  local mode = vim.fn.mode()
  local from, to = vim.fn.getpos('v'), vim.fn.getpos('.')
  if from[2] > to[2] or (from[2] == to[2] and from[3] > to[3]) then
    from, to = to, from
  end
  api.nvim_feedkeys(vim.keycode('<Esc>'), 'nx', false)
  if mode ~= 'v' then
    return M.lines(from[2], to[2])
  end
  local bufnr = api.nvim_get_current_buf()
  local text = line(bufnr, to[2] - 1)
  -- To the end of the character that the selection ends on.
  local last_col = math.min(to[3], #text)
  if vim.o.selection == 'exclusive' then
    last_col = to[3] - 1
  elseif last_col > 0 then
    last_col = last_col + vim.str_utf_end(text, last_col)
  end
  return { bufnr = bufnr, first = from[2] - 1, first_col = from[3] - 1, last = to[2] - 1, last_col = last_col }
end

---@param bufnr integer
---@param row integer
---@param col integer in bytes
---@param encoding string
---@return lsp.Position
local function position(bufnr, row, col, encoding)
  return { line = row, character = vim.str_utfindex(line(bufnr, row), encoding, col, false) }
end

---@param stretch picode.Stretch
---@param encoding string
---@return lsp.Range
function M.range(stretch, encoding)
  return {
    start = position(stretch.bufnr, stretch.first, stretch.first_col, encoding),
    ['end'] = position(stretch.bufnr, stretch.last, stretch.last_col, encoding),
  }
end

local MOST_DIAGNOSTICS = 200

--- What is reported as wrong in the stretch. For a cursor it is all of the buffer's: the server finds out how much around
--- the cursor is meant.
---@param stretch picode.Stretch
---@param encoding string
---@return lsp.Diagnostic[]
function M.diagnostics(stretch, encoding)
  local is_cursor = stretch.first == stretch.last and stretch.first_col == stretch.last_col
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(stretch.bufnr)) do
    local end_lnum, end_col = each.end_lnum or each.lnum, each.end_col or each.col
    local inside = each.lnum <= stretch.last and stretch.first <= end_lnum
    if (is_cursor or inside) and #found < MOST_DIAGNOSTICS then
      table.insert(found, {
        range = {
          start = position(stretch.bufnr, each.lnum, each.col, encoding),
          ['end'] = position(stretch.bufnr, end_lnum, end_col, encoding),
        },
        message = each.message,
        severity = each.severity,
        source = each.source,
        code = (type(each.code) == 'string' or type(each.code) == 'number') and each.code or nil,
      })
    end
  end
  return found
end

--- One level of indentation.
---@param bufnr integer
---@return string
function M.unit(bufnr)
  local width = vim.bo[bufnr].shiftwidth
  width = width > 0 and width or vim.bo[bufnr].tabstop
  return vim.bo[bufnr].expandtab and (' '):rep(math.min(width, 16)) or '\t'
end

return M
