--- What the user is told.

local api = vim.api
local log = require('picode.log')

local M = {}

---@return boolean
local function inserting()
  return vim.startswith(api.nvim_get_mode().mode, 'i')
end

---@return boolean whether nobody has replaced Neovim's own |vim.notify()|, which writes to the command line
local function notifies_by_echo()
  return vim.endswith(debug.getinfo(vim.notify, 'S').source, 'vim/_editor.lua')
end

---@type table<string, integer> when a text was told, in ms
local told = {}
local QUIET_MS = 60000

--- Tells the user, unless the same was told within the last minute.
---@param text string
---@param level? integer of |vim.log.levels|
function M.tell(text, level)
  local now = vim.uv.now()
  if told[text] and now - told[text] < QUIET_MS then
    return
  end
  told[text] = now
  log.add('told: ' .. text)
  local function show()
    vim.notify('PiCode: ' .. text, level or vim.log.levels.INFO, { title = 'PiCode' })
  end
  if inserting() and notifies_by_echo() then
    -- On the command line, "-- INSERT --" would hide a short text at once, and a long one would stop the typing.
    api.nvim_create_autocmd('ModeChanged', { pattern = '*:n', once = true, callback = vim.schedule_wrap(show) })
  else
    show()
  end
end

--- Says something in passing, which no history keeps. A line at most: more would wait for the user to press Enter.
---@param text string
function M.hint(text)
  if not inserting() then
    local line = 'PiCode: ' .. text
    local room = vim.v.echospace
    if vim.fn.strdisplaywidth(line) > room then
      line = vim.fn.strcharpart(line, 0, room - 1) .. '…'
    end
    api.nvim_echo({ { line } }, false, {})
  end
end

return M
