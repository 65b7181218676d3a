-- A language server inside Neovim, for answers that the real one gives only in rare moments. `Fake.answer(params, reply)`
-- is what the test makes of a question; `Fake.questions`, `Fake.cancelled` and `Fake.calls` are what it was asked;
-- `Fake.text` is the document as it knows it.

Fake = { questions = {}, cancelled = {}, calls = {}, notified = {}, initialized_with = nil, started = 0 }

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
  Fake.dispatchers = dispatchers
  local closing, last_id = false, 0
  local server = {}

  function server.request(method, params, callback, answered)
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
    if method == 'initialize' then
      Fake.initialized_with = params.initializationOptions
      reply({
        capabilities = {
          inlineCompletionProvider = {},
          positionEncoding = Fake.encoding or 'utf-16',
          textDocumentSync = 1,
          executeCommandProvider = { commands = { 'picode.accepted', 'picode.models', 'picode.retry' } },
        },
        serverInfo = { name = 'fake', version = '1' },
      })
    elseif method == 'textDocument/inlineCompletion' then
      table.insert(Fake.questions, { id = id, params = params, reply = reply })
      Fake.answer(params, reply)
    elseif method == 'workspace/executeCommand' then
      table.insert(Fake.calls, params)
      reply(params.command == 'picode.models' and Fake.models or vim.NIL)
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
    elseif method == 'textDocument/didChange' then
      Fake.text = params.contentChanges[#params.contentChanges].text
    else
      table.insert(Fake.notified, { method = method, params = params })
    end
    return true
  end

  function Fake.crash()
    closing = true
    dispatchers.on_exit(0, 9)
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
