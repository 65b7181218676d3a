--- One suggestion, and how much of it is left to show at a cursor. Reads the buffer, changes nothing.

local api = vim.api

local M = {}

---@class picode.Candidate
---@field bufnr integer
---@field client_id integer
---@field row integer where the text starts, 0-based
---@field col integer in bytes
---@field text string the whole suggestion, lines separated by "\n"; begins with what was typed already
---@field after string what stood between the cursor and the end of the line when it was made
---@field replaced string the first part of `after`, which the suggestion replaces
---@field command? lsp.Command to run after it was accepted

---@param bufnr integer
---@param position lsp.Position
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return integer col in bytes
local function byte_column(bufnr, position, encoding)
  local line = api.nvim_buf_get_lines(bufnr, position.line, position.line + 1, false)[1] or ''
  return vim.str_byteindex(line, encoding, position.character, false)
end

--- An item of the server as a candidate, or nil if it does not touch the cursor.
---@param item lsp.InlineCompletionItem
---@param client vim.lsp.Client
---@param bufnr integer
---@param row integer of the cursor, 0-based
---@param col integer of the cursor, in bytes
---@return picode.Candidate?
function M.from_item(item, client, bufnr, row, col)
  if type(item.insertText) ~= 'string' then
    return nil -- a snippet; PiCode's server sends none
  end
  local start_row, start_col, end_col = row, col, col
  if item.range then
    local first, last = item.range.start, item.range['end']
    if last.line ~= row or first.line > row then
      return nil
    end
    start_row, start_col = first.line, byte_column(bufnr, first, client.offset_encoding)
    end_col = byte_column(bufnr, last, client.offset_encoding)
  end
  if end_col < col then
    return nil
  end
  local after = api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1]:sub(col + 1)
  return {
    bufnr = bufnr,
    client_id = client.id,
    row = start_row,
    col = start_col,
    text = (item.insertText:gsub('\r\n?', '\n')),
    after = after,
    replaced = after:sub(1, end_col - col),
    command = item.command,
  }
end

--- What is left of a candidate at the cursor, or nil if it no longer fits there or nothing is left.
--- It fits while the text from its start to the cursor is how it begins and the rest of the line is as it was.
---@param candidate picode.Candidate
---@param row integer 0-based
---@param col integer in bytes
---@return string?
function M.rest(candidate, row, col)
  if row < candidate.row or (row == candidate.row and col < candidate.col) then
    return nil
  end
  local read, typed = pcall(api.nvim_buf_get_text, candidate.bufnr, candidate.row, candidate.col, row, col, {})
  if not read then
    return nil -- lines are gone
  end
  local prefix = table.concat(typed, '\n')
  if candidate.text:sub(1, #prefix) ~= prefix then
    return nil
  end
  local line = api.nvim_buf_get_lines(candidate.bufnr, row, row + 1, false)[1]
  if line:sub(col + 1) ~= candidate.after then
    return nil
  end
  local rest = candidate.text:sub(#prefix + 1)
  if rest == '' or rest == candidate.replaced then
    return nil
  end
  return rest
end

-- White space, then a run of keyword characters ('iskeyword') or of others.
local WORD = vim.regex([[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]])

--- The first word of what is left, with the white space and line breaks before it.
---@param rest string
---@return string
function M.first_word(rest)
  local _, stop = WORD:match_str(rest)
  return stop and rest:sub(1, stop) or rest
end

--- The first line of what is left. At the end of a line that is the line below, with the break before it.
---@param rest string
---@return string
function M.first_line(rest)
  return rest:match('^\n*[^\n]+') or rest
end

return M
