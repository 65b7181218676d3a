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

---@param line string
---@param tail? string how the line ends, which is kept
---@return string line cut to what fits on the command line: more would make the user press Enter
local function fitting(line, tail)
  -- The ruler of a floating window is on the command line too, and |v:echospace| leaves no room for it.
  local room = math.min(vim.v.echospace, vim.o.ruler and vim.o.columns - 20 or vim.o.columns)
  if vim.fn.strdisplaywidth(line) <= room then
    return line
  end
  local kept = tail and vim.fn.strdisplaywidth(tail) < room - 10 and tail or ''
  return vim.fn.strcharpart(line, 0, room - 1 - vim.fn.strdisplaywidth(kept)) .. '…' .. kept
end

local GROUPS = { [vim.log.levels.ERROR] = 'ErrorMsg', [vim.log.levels.WARN] = 'WarningMsg' }

--- Says it in one line; `:messages` has all of it.
---@param text string
---@param level? integer
---@param tail? string
local function echo(text, level, tail)
  local group = GROUPS[level]
  local whole = 'PiCode: ' .. text
  local line = fitting((whole:gsub('%s*\n%s*', ' ')), tail)
  if line == whole then
    return api.nvim_echo({ { line, group } }, true, {})
  end
  local more, waiting = vim.o.more, vim.o.messagesopt
  vim.o.more, vim.o.messagesopt = false, 'wait:0,' .. waiting:gsub('hit%-enter,?', '')
  api.nvim_echo({ { whole, group } }, true, {})
  vim.cmd.redraw()
  vim.o.more, vim.o.messagesopt = more, waiting
  api.nvim_echo({ { line, group } }, false, {})
end

---@type table<string, integer> when a text was told, in ms
local told = {}
local QUIET_MS = 60000

--- Tells the user, unless the same was told within the last minute.
---@param text string
---@param level? integer of |vim.log.levels|
---@param way_out? string what the user can do, which is said even where the text is too long
function M.tell(text, level, way_out)
  local tail = way_out and (' (%s)'):format(way_out)
  text = text .. (tail or '')
  local now = vim.uv.now()
  if told[text] and now - told[text] < QUIET_MS then
    return
  end
  told[text] = now
  log.add('told: ' .. text)
  local function show()
    if notifies_by_echo() then
      echo(text, level, tail)
    else
      vim.notify('PiCode: ' .. text, level or vim.log.levels.INFO, { title = 'PiCode' })
    end
  end
  if inserting() and notifies_by_echo() then
    -- On the command line, "-- INSERT --" would hide a short text at once, and a long one would stop the typing.
    api.nvim_create_autocmd('ModeChanged', { pattern = '*:n', once = true, callback = vim.schedule_wrap(show) })
  else
    show()
  end
end

--- Whether a hint is on the command line.
local hinted = false

--- Says something in passing, which no history keeps.
---@param text string
function M.hint(text)
  if not inserting() then
    hinted = true
    api.nvim_echo({ { fitting('PiCode: ' .. text) } }, false, {})
  end
end

--- Takes the last hint off the command line: what it told of is over.
function M.clear_hint()
  if hinted and not inserting() and api.nvim_get_mode().mode ~= 'c' then
    api.nvim_echo({ { '' } }, false, {})
  end
  hinted = false
end

return M
