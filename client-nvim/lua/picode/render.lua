--- Ghost text as an extmark: the line looks as it will look when the suggestion is accepted. Changes nothing.

local M = {}

local GHOST = 'PiCodeGhost'

--- Tabs as the spaces that they stand for, since virtual text has no tab stops.
---@param text string one line
---@param column integer display column where it starts
---@return string
function M.expand_tabs(text, column)
  local pieces = {}
  for before, tab in text:gmatch('([^\t]*)(\t?)') do
    column = column + vim.fn.strdisplaywidth(before, column)
    table.insert(pieces, before)
    if tab ~= '' then
      local width = vim.fn.strdisplaywidth('\t', column)
      column = column + width
      table.insert(pieces, (' '):rep(width))
    end
  end
  return table.concat(pieces)
end

--- Text drawn over the rest of a line, wide enough to hide it.
---@param chunks [string, string?][]
---@param hidden string
---@param column integer display column of both
local function overlay(chunks, hidden, column)
  local width = 0
  for _, chunk in ipairs(chunks) do
    width = width + vim.fn.strdisplaywidth(chunk[1], column + width)
  end
  local padding = vim.fn.strdisplaywidth(hidden, column) - width
  if padding > 0 then
    table.insert(chunks, { (' '):rep(padding) })
  end
  return { virt_text = chunks, virt_text_pos = 'overlay' }
end

--- How to show `rest` at the cursor.
---@param rest string what is left of the suggestion
---@param after string what stands between the cursor and the end of the line
---@param replaced string the first part of `after`, which the suggestion replaces
---@param column integer display column of the cursor
---@param more? string shown at the end in another colour, such as "2/3"
---@return vim.api.keyset.set_extmark
function M.extmark(rest, after, replaced, column, more)
  local lines = vim.split(rest, '\n', { plain = true })
  local kept = after:sub(#replaced + 1)
  local mark

  if #lines == 1 and vim.endswith(rest, replaced) then
    -- The common case: nothing is replaced, or what is replaced (a closing bracket, say) comes back at the end.
    local inserted = rest:sub(1, #rest - #replaced)
    mark = { virt_text = { { M.expand_tabs(inserted, column), GHOST } }, virt_text_pos = 'inline' }
  elseif #lines == 1 then
    local ghost = M.expand_tabs(rest, column)
    local chunks = { { ghost, GHOST }, { M.expand_tabs(kept, column + vim.fn.strdisplaywidth(ghost, column)) } }
    mark = overlay(chunks, after, column)
  else
    mark = overlay({ { M.expand_tabs(lines[1], column), GHOST } }, after, column)
    if after == '' then
      mark.virt_text_pos = 'inline'
    end
    mark.virt_lines = {}
    for index = 2, #lines do
      mark.virt_lines[index - 1] = { { M.expand_tabs(lines[index], 0), GHOST } }
    end
    local last = mark.virt_lines[#lines - 1]
    table.insert(last, { M.expand_tabs(kept, vim.fn.strdisplaywidth(last[1][1])) })
  end

  if more then
    local chunks = mark.virt_lines and mark.virt_lines[#mark.virt_lines] or mark.virt_text
    table.insert(chunks, { ' ' .. more, 'PiCodeGhostMore' })
  end
  mark.hl_mode = 'combine'
  return mark
end

--- Says at the end of the first line how many lines of a suggestion are below the window: Neovim does not scroll for them.
---@param mark vim.api.keyset.set_extmark
---@param hidden integer
---@return vim.api.keyset.set_extmark
function M.with_hidden(mark, hidden)
  table.insert(mark.virt_text, { (' ↓%d'):format(hidden), 'PiCodeGhostMore' })
  return mark
end

return M
