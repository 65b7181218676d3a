--- An edit that is still a proposal, drawn over the text: what goes, what comes, what has not been reached. Changes nothing.

local api = vim.api
local expand_tabs = require('picode.render').expand_tabs

local M = {}

---@alias picode.DiffLine { kind: ' '|'-'|'+'|'?', text: string }

--- The lines of the text that an edit is about, as they are now.
---@param lines picode.DiffLine[]
---@return string[]
function M.original(lines)
  local original = {}
  for _, line in ipairs(lines) do
    if line.kind ~= '+' then
      table.insert(original, line.text)
    end
  end
  return original
end

---@param lines string[]
---@param original string[]
---@param row integer 0-based
---@return boolean
local function stands_at(lines, original, row)
  if row < 0 or row + #original > #lines then
    return false
  end
  for index, text in ipairs(original) do
    if lines[row + index] ~= text then
      return false
    end
  end
  return true
end

--- Where these lines stand in a buffer, the nearest place to `row`; nil if somebody has changed them.
---@param bufnr integer
---@param original string[]
---@param row integer 0-based
---@return integer?
function M.locate(bufnr, original, row)
  local near = api.nvim_buf_get_lines(bufnr, row, row + #original, false)
  if #near == #original and stands_at(near, original, 0) then
    return row
  end
  local lines = api.nvim_buf_get_lines(bufnr, 0, -1, false)
  for distance = 1, #lines do
    if stands_at(lines, original, row - distance) then
      return row - distance
    elseif stands_at(lines, original, row + distance) then
      return row + distance
    end
  end
end

local HIGHLIGHTS = { ['-'] = 'PiCodeEditRemoved', ['?'] = 'PiCodeEditPending' }

--- The extmarks of an edit that begins at `row`: pairs of a row and what stands there.
---@param lines picode.DiffLine[]
---@param row integer 0-based
---@param hint string
---@return { [1]: integer, [2]: vim.api.keyset.set_extmark }[]
function M.marks(lines, row, hint)
  local marks = { { row, { virt_text = { { '  ' .. hint, 'PiCodeEditHint' } }, virt_text_pos = 'eol' } } }
  local coming = {}
  local at = row
  local function place()
    if #coming > 0 then
      -- Below the line before; above the first line of the buffer there is none.
      table.insert(marks, { math.max(0, at - 1), { virt_lines = coming, virt_lines_above = at == 0, virt_lines_overflow = 'scroll' } })
      coming = {}
    end
  end
  for _, line in ipairs(lines) do
    if line.kind == '+' then
      local text = expand_tabs(line.text, 0)
      table.insert(coming, { { text == '' and ' ' or text, 'PiCodeEditAdded' } })
    else
      place()
      local highlight = HIGHLIGHTS[line.kind]
      if highlight then
        table.insert(marks, {
          at,
          { end_row = at + 1, hl_group = highlight, hl_eol = line.kind == '-', priority = 200, strict = false },
        })
      end
      at = at + 1
    end
  end
  place()
  return marks
end

return M
