--- The asks under way: sending a slash command to the server, and stopping it.

local M = {}

---@class picode.Ask
---@field token string our name for it, which the server tells with the first that it says of it
---@field client_id integer
---@field command string its name
---@field output 'prose'|'edit'|'message'|'names'|'local'
---@field id? string the server's name for it
---@field request_id? integer
---@field thread? picode.Thread where its answer is shown
---@field on_end? fun(result: picode.AskResult)
---@field adopted? boolean somebody else asked for it: no response of the server comes to us
---@field ended? boolean

---@class picode.AskResult
---@field state 'whole'|'cut'|'refused'|'stopped'|'failed'
---@field text? string
---@field problem? string
---@field remedy? picode.messages.RemedyCommand
---@field conversation? string
---@field provider? string
---@field model? string
---@field note? string
---@field reasoning? string
---@field shown? string[]
---@field usage? picode.messages.AnswerUsage
---@field cost? number
---@field edit? picode.messages.EditOutcome

---@type table<string, picode.Ask> by token
local running = {}
---@type table<string, true> tokens and ids of those that were withdrawn before the server had begun
local withdrawn = {}
local number = 0

local CANCELLED = -32800 -- LSP's RequestCancelled

local function announce()
  require('picode.status').asks_changed()
end

---@param ask picode.Ask
---@param result picode.AskResult
local function finish(ask, result)
  if ask.ended then
    return
  end
  ask.ended = true
  running[ask.token] = nil
  if ask.thread then
    ask.thread:finish(ask, result)
  end
  if ask.on_end then
    ask.on_end(result)
  end
  announce()
end

--- Takes note of an ask that is under way.
---@param ask picode.Ask
local function begin(ask)
  running[ask.token] = ask
  announce()
end

--- JSON's null is a value of its own in Lua; here it means "nothing", as a missing field does.
---@param value any
---@return table
function M.without_null(value)
  local kept = {}
  for key, each in pairs(type(value) == 'table' and value or {}) do
    if type(each) == 'table' then
      kept[key] = M.without_null(each)
    elseif each ~= vim.NIL then
      kept[key] = each
    end
  end
  return kept
end

--- Sends a command to the server.
---@param client vim.lsp.Client
---@param server_command string 'picode.slash' or 'picode.edit.again'
---@param arguments table
---@param ask { command: string, output: string, thread?: picode.Thread, on_end?: fun(result: picode.AskResult) }
---@param bufnr? integer that it is about: the server gets its latest text first
---@return picode.Ask
function M.send(client, server_command, arguments, ask, bufnr)
  number = number + 1
  ---@cast ask picode.Ask
  ask.token = ('nvim/%d/%d'):format(vim.uv.os_getpid(), number)
  ask.client_id = client.id
  arguments.workDoneToken = ask.token
  begin(ask)
  local params = { command = server_command, arguments = { arguments } }
  local sent, request_id = client:request('workspace/executeCommand', params, function(err, result)
    if err and err.code == CANCELLED then
      finish(ask, { state = 'stopped' })
    elseif err then
      finish(ask, { state = 'failed', problem = err.message })
      require('picode.notice').tell(err.message, vim.log.levels.ERROR)
    else
      finish(ask, vim.tbl_extend('keep', M.without_null(result), { state = 'whole' }))
    end
  end, bufnr)
  ask.request_id = request_id
  if not sent then
    finish(ask, { state = 'failed', problem = 'The server is not running any more. :PiCode restart starts it.' })
  end
  return ask
end

--- The ask that a notification is about. One that nobody here asked for (a lens did, say) is taken note of; of one that was
--- withdrawn nobody wants to hear.
---@param client_id integer
---@param params { id: string, token?: string, command?: string }
---@return picode.Ask?
function M.of(client_id, params)
  if withdrawn[params.id] or withdrawn[params.token] then
    withdrawn[params.id] = true
    return nil
  end
  for _, ask in pairs(running) do
    if ask.client_id == client_id and (ask.id == params.id or ask.token == params.token) then
      ask.id = params.id
      return ask
    end
  end
  local command = require('picode.palette').get(params.command or 'ask')
  local ask = {
    token = params.token or params.id,
    client_id = client_id,
    command = params.command or 'ask',
    output = command and command.output or 'prose',
    id = params.id,
    adopted = true,
  }
  begin(ask)
  return ask
end

--- The server says how an ask ended. What was sent from here ends with its response, which says more.
---@param ask picode.Ask
---@param result picode.AskResult
function M.over(ask, result)
  if ask.thread then
    ask.thread:finish(ask, result)
  end
  if ask.adopted then
    finish(ask, result)
  end
end

---@param token any
---@return boolean
function M.owns(token)
  return running[token] ~= nil
end

---@return picode.Ask[]
function M.all()
  return vim.tbl_values(running)
end

--- Hangs up on the model.
---@param ask picode.Ask
function M.stop(ask)
  local client = vim.lsp.get_client_by_id(ask.client_id)
  if not client or not running[ask.token] then
    return
  elseif ask.id or not ask.request_id then
    client:notify('window/workDoneProgress/cancel', { token = ask.token })
  else
    -- The server does not know the token until it has begun. Neovim keeps the response to itself then.
    client:cancel_request(ask.request_id)
    withdrawn[ask.token] = true
    finish(ask, { state = 'stopped' })
  end
end

--- Stops all of them.
---@return integer how many there were
function M.stop_all()
  local asks = M.all()
  vim.iter(asks):each(M.stop)
  return #asks
end

--- A server is gone: its answers stay as they are.
---@param client_id integer
function M.forget(client_id)
  for _, ask in ipairs(M.all()) do
    if ask.client_id == client_id then
      finish(ask, { state = 'failed', problem = 'The server ended before the answer did. What had arrived is kept.' })
    end
  end
end

--- What is under way, for the status line: empty, "/explain …" or "2 asks …".
---@return string
function M.summary()
  local asks = M.all()
  if #asks > 1 then
    return ('%d asks …'):format(#asks)
  end
  return asks[1] and ('/%s …'):format(asks[1].command) or ''
end

return M
