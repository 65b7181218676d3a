-- A language server inside Neovim, for answers that the real one gives only in rare moments. `Fake.answer(params, reply)`
-- is what the test makes of a question; `Fake.questions`, `Fake.cancelled` and `Fake.calls` are what it was asked;
-- `Fake.text` is the document as it knows it, `Fake.documents` all that are open, by URI. `Fake.commands[name](argument, reply)` is what the test makes of a command;
-- `Fake.asked` are the slash commands that still wait for `Fake.asked[n].reply(result)`.

Fake = { questions = {}, cancelled = {}, calls = {}, notified = {}, initialized_with = nil, started = 0 }
Fake.commands, Fake.asked, Fake.contents, Fake.actions = {}, {}, {}, {}
Fake.documents = {}

-- Items that put `text` between two columns (UTF-16) of the line that was asked about.
function Fake.item(line, first, last, text)
  return {
    insertText = text,
    range = { start = { line = line, character = first }, ['end'] = { line = line, character = last } },
    command = { title = 'accepted', command = 'picode.accepted', arguments = { text } },
  }
end

function Fake.answer(_, reply)
  reply({ items = {} })
end

function Fake.start(dispatchers)
  Fake.started = Fake.started + 1
  local closing, last_id = false, 0
  local server = {}

  local function crash()
    closing = true
    dispatchers.on_exit(0, 9)
  end

  function server.request(method, params, callback, answered)
    -- There can be one for each workspace: the one that was asked last is meant.
    Fake.dispatchers, Fake.crash = dispatchers, crash
    last_id = last_id + 1
    local id = last_id
    -- As from another process: never before this function has returned.
    local function reply(result)
      vim.schedule(function()
        if answered then
          answered(id)
        end
        callback(nil, result)
      end)
    end
    local function refuse(message)
      vim.schedule(function()
        answered(id)
        callback({ code = -32602, message = message }, nil)
      end)
    end
    if method == 'initialize' then
      Fake.initialized_with = params.initializationOptions
      Fake.capabilities = params.capabilities
      reply({
        capabilities = {
          inlineCompletionProvider = {},
          positionEncoding = Fake.encoding or 'utf-16',
          textDocumentSync = 1,
          codeActionProvider = true,
          executeCommandProvider = { commands = { 'picode.accepted', 'picode.models', 'picode.retry' } },
        },
        serverInfo = { name = 'fake', version = '1' },
      })
    elseif method == 'textDocument/inlineCompletion' then
      table.insert(Fake.questions, { id = id, params = params, reply = reply })
      Fake.answer(params, reply)
    elseif method == 'workspace/executeCommand' then
      table.insert(Fake.calls, params)
      local argument = (params.arguments or {})[1]
      if Fake.commands[params.command] then
        Fake.commands[params.command](argument, reply)
      elseif params.command == 'picode.slash' or params.command == 'picode.edit.again' then
        table.insert(Fake.asked, { argument = argument, reply = reply, refuse = refuse })
      else
        reply(params.command == 'picode.models' and Fake.models or vim.NIL)
      end
    elseif method == 'workspace/textDocumentContent' then
      reply(Fake.contents[params.uri] and { text = Fake.contents[params.uri] } or vim.NIL)
    elseif method == 'textDocument/codeAction' then
      reply(Fake.actions)
    else
      reply(vim.NIL)
    end
    return true, id
  end

  function server.notify(method, params)
    if method == '$/cancelRequest' then
      table.insert(Fake.cancelled, params.id)
    elseif method == 'exit' then
      closing = true
      dispatchers.on_exit(0, 15)
    elseif method == 'textDocument/didOpen' then
      Fake.text = params.textDocument.text
      Fake.documents[params.textDocument.uri] = Fake.text
    elseif method == 'textDocument/didClose' then
      Fake.documents[params.textDocument.uri] = nil
    elseif method == 'textDocument/didChange' then
      Fake.text = params.contentChanges[#params.contentChanges].text
      if Fake.documents[params.textDocument.uri] then
        Fake.documents[params.textDocument.uri] = Fake.text
      end
    else
      table.insert(Fake.notified, { method = method, params = params })
    end
    return true
  end

  function server.is_closing()
    return closing
  end

  function server.terminate()
    closing = true
    dispatchers.on_exit(0, 15)
  end

  return server
end

-- What the server says unasked.
function Fake.say(method, params)
  Fake.dispatchers.notification(method, params)
end

-- A question of the server; what the editor answers ends up in `Fake.answered`.
function Fake.ask(method, params)
  Fake.answered = nil
  coroutine.wrap(function()
    Fake.answered = { Fake.dispatchers.server_request(method, params) }
  end)()
end

vim.lsp.config('picode', { cmd = Fake.start })
