--- The server's state, for the status line and for people.

local api = vim.api
local fixes = require('picode.fixes')
local log = require('picode.log')
local notice = require('picode.notice')

local M = {}

---@class picode.Status
---@field kind 'normal'|'busy'|'warning'|'error'|'inactive'
---@field message string
---@field provider string
---@field model string
---@field command? lsp.Command the fix
---@field progress? string what is under way, such as "Downloading the model 40%"

---@type table<integer, picode.Status> by client
local latest = {}

local MARKS = { normal = '', busy = ' …', warning = ' !', error = ' ✗', inactive = ' off' }

---@param status picode.Status
---@return string
local function in_line(status)
  local asked = require('picode.asks').summary()
  local more = asked ~= '' and ' ' .. asked or status.progress and ' ' .. status.progress or MARKS[status.kind] or ''
  return 'PiCode' .. more
end

---@type string?
local drawn

---@param status picode.Status
local function announce(status)
  api.nvim_exec_autocmds('User', { pattern = 'PiCodeStatus', modeline = false, data = status })
  if in_line(status) ~= drawn then
    drawn = in_line(status)
    vim.cmd.redrawstatus({ bang = true })
  end
end

---@param client_id integer
---@return picode.Status
function M.of(client_id)
  latest[client_id] = latest[client_id] or { kind = 'normal', message = '', provider = '', model = '' }
  return latest[client_id]
end

--- Takes over what the server says of itself.
---@param client_id integer
---@param status picode.Status
function M.set(client_id, status)
  local before = M.of(client_id)
  status.progress = before.progress
  latest[client_id] = status
  if status.message ~= '' and status.message ~= before.message then
    log.add(('%s: %s'):format(status.kind, status.message))
  end
  -- Only offered: what the user must act on, the server says in a message too, and a passing failure of the network
  -- is not worth one.
  if status.command and (status.kind == 'warning' or status.kind == 'error') then
    fixes.offer(fixes.from_command(status.command, client_id))
  else
    fixes.withdraw(client_id)
  end
  announce(status)
end

--- What a `$/progress` value says, in a line.
---@param value { title?: string, message?: string, percentage?: integer }
---@return string
local function describe(value)
  local title = value.title ~= 'PiCode' and value.title or nil -- the reader knows who speaks
  local percentage = value.percentage and value.percentage .. '%'
  return vim.trim(('%s %s %s'):format(title or '', value.message or '', percentage or ''))
end

--- Says it where somebody types and waits for a suggestion of that server.
---@param text string
---@param client_id integer
local function say_where_typed(text, client_id)
  if vim.lsp.buf_is_attached(api.nvim_get_current_buf(), client_id) then
    require('picode.ghost').say(text)
  end
end

--- Takes over a `$/progress` notification. What has a percentage (a download) is also said in passing.
---@param params { value: table }
---@param client_id integer
function M.on_progress(params, client_id)
  if require('picode.asks').owns(params.token) then
    return -- said already, in our own words
  end
  local value = params.value
  local status = M.of(client_id)
  status.progress = value.kind ~= 'end' and describe(value) or nil
  if status.progress and value.percentage then
    notice.hint(status.progress)
    say_where_typed('PiCode: ' .. status.progress, client_id)
  elseif value.kind == 'end' then
    notice.clear_hint()
    say_where_typed('', client_id)
  end
  announce(status)
end

--- An ask has begun or ended.
function M.asks_changed()
  local status = M.current()
  if status then
    announce(status)
  else
    vim.cmd.redrawstatus({ bang = true })
  end
end

---@param client_id integer
function M.forget(client_id)
  require('picode.asks').forget(client_id)
  require('picode.edits').forget(client_id)
  fixes.forget(client_id)
  latest[client_id] = nil
end

--- The state of the current buffer's server, or nil if it has none.
---@return picode.Status?
function M.current()
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1]
  return client and M.of(client.id)
end

--- For a status line: empty where PiCode is not at work.
---@return string
function M.line()
  local status = M.current()
  if not status then
    return ''
  end
  if vim.b.picode == false then
    return 'PiCode' .. MARKS.inactive
  end
  return in_line(status)
end

return M
