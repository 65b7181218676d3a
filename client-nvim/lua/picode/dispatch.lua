--- What happens when a slash command is given: what is missing is asked for, the server is asked, the answer gets its place.

local asks = require('picode.asks')
local notice = require('picode.notice')
local palette = require('picode.palette')
local selection = require('picode.selection')

local api = vim.api
local levels = vim.log.levels

local M = {}

local PATIENCE_MS = 10000
local SOON_MS = 1000 -- within which a server begins to start for a file that has just been opened

--- Calls back with the server of a buffer, or with any that runs where the buffer has none; one that is starting is waited for.
---@param bufnr integer
---@param found fun(client: vim.lsp.Client)
---@param waited? integer ms
local function with_client(bufnr, found, waited)
  local server = require('picode.server')
  if not waited then
    server.start(bufnr) -- for a buffer without a file type, no event has
  end
  local own = vim.lsp.get_clients({ bufnr = bufnr, name = 'picode', _uninitialized = true })[1]
  local client = own or vim.lsp.get_clients({ name = 'picode' })[1]
  if client and client.initialized then
    return found(client)
  end
  local starting = #vim.lsp.get_clients({ name = 'picode', _uninitialized = true }) > 0
  local patience = starting and PATIENCE_MS or server.may_start(bufnr) and SOON_MS or 0
  if (waited or 0) >= patience then
    return notice.tell('the server is not running. Open a file, or see :checkhealth picode.', levels.WARN)
  end
  vim.defer_fn(function()
    with_client(bufnr, found, (waited or 0) + 50)
  end, 50)
end

--- Whether the cursor may go to a new window: not while somebody types.
---@return boolean
local function may_enter()
  return api.nvim_get_mode().mode == 'n'
end

---@param command picode.SlashCommand
---@return string
local function title_of(command, words)
  local text = vim.trim(('%s %s'):format(command.title:gsub('…$', ''), words))
  return vim.fn.strchars(text) > 60 and vim.fn.strcharpart(text, 0, 59) .. '…' or text
end

--- What is said of an edit that is not there to be accepted.
---@param command picode.SlashCommand
---@param arguments { text: string }
---@param client vim.lsp.Client
---@return fun(result: picode.AskResult)
local function on_edit_end(command, arguments, client)
  return function(result)
    local edit = result.edit or {}
    if result.state == 'stopped' then
      return notice.hint(('/%s was stopped.'):format(command.name))
    end
    local broken = edit.state == 'refused' or result.state == 'refused' or result.state == 'failed'
    if not broken or (result.text or '') == '' then
      return -- there is an edit, or nothing to read; the server has told why
    end
    -- The answer is not lost: it can be read.
    local thread = require('picode.thread').new({
      title = command.title,
      command = command.name,
      root = client.root_dir,
      conversation = result.conversation,
      about = arguments,
    })
    local ask = { command = command.name }
    thread:begin(ask)
    thread:question(('%s\n\n%s'):format(arguments.text, edit.reason or ''))
    thread:finish(ask, result)
    require('picode.window').open(thread, may_enter())
  end
end

--- Asks the server. `thread` is the conversation to go on with.
---@param client vim.lsp.Client
---@param command picode.SlashCommand
---@param arguments table those of `picode.slash`
---@param bufnr integer
---@param thread? picode.Thread
local function send(client, command, arguments, bufnr, thread)
  local _, words = palette.parse(arguments.text)
  local ask = { command = command.name, output = command.output }
  if command.output == 'edit' then
    ask.on_end = on_edit_end(command, arguments, client)
  elseif command.output == 'message' then
    ask.on_end = require('picode.commit').on_end(bufnr, command)
  elseif command.output == 'names' then
    ask.on_end = require('picode.names').on_end(bufnr)
  else
    thread = thread
      or require('picode.thread').new({
        title = title_of(command, words),
        command = command.name,
        root = client.root_dir,
        about = arguments,
      })
    ask.thread = thread
    thread:begin(ask)
    require('picode.window').open(thread, may_enter())
  end
  asks.send(client, 'picode.slash', arguments, ask, api.nvim_buf_is_valid(bufnr) and bufnr or nil)
end

--- Asks for the words that a command needs, if there are none.
---@param command picode.SlashCommand
---@param words string
---@param said fun(words: string)
local function with_words(command, words, said)
  if words ~= '' or not command.mustSay then
    return said(words)
  end
  vim.ui.input({ prompt = ('PiCode %s: '):format(command.words) }, function(input)
    if input and vim.trim(input) ~= '' then
      said(vim.trim(input))
    end
  end)
end

--- The buffer's part of the arguments.
---@param client vim.lsp.Client
---@param command picode.SlashCommand
---@param stretch picode.Stretch
---@param arguments table
---@return boolean there false: the server does not have the buffer
local function describe(client, command, stretch, arguments)
  local bufnr = stretch.bufnr
  if command.about == 'changes' then
    arguments.folder = require('picode.commit').folder(bufnr) or client.root_dir
    return true
  end
  if not client.attached_buffers[bufnr] then
    return false
  end
  arguments.uri = vim.uri_from_bufnr(bufnr)
  arguments.range = selection.range(stretch, client.offset_encoding)
  arguments.version = require('picode.sync').flush(client, bufnr)
  arguments.unit = selection.unit(bufnr)
  local diagnostics = selection.diagnostics(stretch, client.offset_encoding)
  arguments.diagnostics = #diagnostics > 0 and diagnostics or nil
  return true
end

--- Runs a slash command about a stretch of a buffer.
---@param name string
---@param words string
---@param stretch? picode.Stretch nil: the cursor
function M.run(name, words, stretch)
  stretch = stretch or selection.cursor()
  local command = palette.get(name)
  if not command then
    local text = 'there is no command /%s. :PiCode / lists them all.'
    return notice.tell(text:format(name), levels.ERROR)
  end
  if command.name == 'model' and words == '' then
    return require('picode.models').choose('chat')
  end
  with_words(command, words, function(said)
    with_client(stretch.bufnr, function(client)
      local arguments = { text = vim.trim(('/%s %s'):format(name, said)) }
      if not describe(client, command, stretch, arguments) and command.about == 'code' then
        return notice.tell('the server does not have this buffer. Write it to a file first.', levels.WARN)
      end
      send(client, command, arguments, stretch.bufnr)
    end)
  end)
end

--- The server's command `picode.slash`, when a code action or a lens runs it.
---@param command lsp.Command
---@param context table
function M.run_server_command(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  local arguments = vim.deepcopy((command.arguments or {})[1] or {})
  local name, words = palette.parse(arguments.text or '')
  local known = palette.get(name)
  if not client or not known then
    return
  end
  with_words(known, words, function(said)
    arguments.text = vim.trim(('/%s %s'):format(name, said))
    send(client, known, arguments, context.bufnr or api.nvim_get_current_buf())
  end)
end

--- Asks for another edit in place of one.
---@param client vim.lsp.Client
---@param edit { id: string, bufnr: integer, command?: string }
function M.again(client, edit)
  local command = palette.get(edit.command or 'edit') or palette.get('edit')
  ---@cast command picode.SlashCommand
  local ask = { command = command.name, output = 'edit' }
  ask.on_end = on_edit_end(command, { text = '/' .. command.name }, client)
  asks.send(client, 'picode.edit.again', { id = edit.id }, ask, edit.bufnr)
end

--- A follow-up question in a thread, or another command about the same code.
---@param thread picode.Thread
---@param words string
function M.go_on(thread, words)
  if thread:is_busy() then
    return notice.hint('the answer is still being written; <C-c> stops it.')
  end
  local name, rest = palette.parse(words)
  local text = words
  if not words:match('^%s*/') and thread.command == 'chat' then
    name, text = 'chat', '/chat ' .. words
  end
  local command = palette.get(name)
  if not command then
    return notice.tell(('there is no command /%s. :PiCode / lists them all.'):format(name), levels.ERROR)
  end
  with_words(command, rest, function(said)
    with_client(api.nvim_get_current_buf(), function(client)
      -- What the conversation is about it knows already; a command that needs code is told again.
      local again = command.about == 'code' and thread.about or {}
      local arguments = {
        text = said == rest and text or ('/%s %s'):format(name, said),
        uri = again.uri,
        range = again.range,
        version = again.version,
        unit = again.unit,
        conversation = thread.conversation ~= '' and thread.conversation or nil,
      }
      local bufnr = again.uri and require('picode.attach').buffer_of(again.uri) or thread.bufnr
      send(client, command, arguments, bufnr, thread)
    end)
  end)
end

--- Asks the user for a follow-up.
---@param thread picode.Thread
function M.ask_on(thread)
  if thread:is_busy() then
    return notice.hint('the answer is still being written; <C-c> stops it.')
  end
  vim.ui.input({ prompt = 'PiCode: ' }, function(input)
    if input and vim.trim(input) ~= '' then
      M.go_on(thread, vim.trim(input))
    end
  end)
end

--- Opens the chat, the one of before if there is one, and says something in it.
---@param words string empty: a new chat asks what to say
function M.chat(words)
  local thread = require('picode.thread').latest(function(thread)
    return thread.command == 'chat'
  end)
  if not thread then
    return M.run('chat', words)
  end
  require('picode.window').open(thread, may_enter())
  if words ~= '' then
    M.go_on(thread, words:match('^/') and words or '/chat ' .. words)
  end
end

--- Shows the latest answer again.
function M.show()
  local thread = require('picode.thread').latest()
  if not thread then
    return notice.hint('there is no answer yet.')
  end
  require('picode.window').open(thread, true)
end

return M
