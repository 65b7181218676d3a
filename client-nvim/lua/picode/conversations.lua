--- The conversations that the server keeps: going on with one, renaming, deleting, writing it to a file.

local notice = require('picode.notice')

local M = {}

---@param name string
---@param arguments table
---@param answered fun(result: any, client: vim.lsp.Client)
local function call(name, arguments, answered)
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1] or vim.lsp.get_clients({ name = 'picode' })[1]
  if not client then
    return notice.tell('the server is not running. Open a file, or see :checkhealth picode.', vim.log.levels.WARN)
  end
  client:request('workspace/executeCommand', { command = name, arguments = { arguments } }, function(err, result)
    if err then
      return notice.tell(err.message, vim.log.levels.ERROR)
    end
    answered(result, client)
  end)
end

---@param conversation picode.messages.ConversationRow
---@return string
local function describe(conversation)
  local changed = conversation.changed
  local day = type(changed) == 'number' and os.date('%Y-%m-%d %H:%M', math.floor(changed))
    or tostring(changed):sub(1, 16):gsub('T', ' ')
  local cost = type(conversation.cost) == 'number' and (' · $%.4f'):format(conversation.cost) or ''
  return ('%s  %s  (%d turns%s)'):format(day, conversation.title, conversation.turns, cost)
end

--- The text of a conversation, or nothing where it is gone.
---@param conversation picode.messages.ConversationRow
---@param format 'markdown'|'json'
---@param got fun(text: string, client: vim.lsp.Client)
local function read(conversation, format, got)
  call('picode.conversation', { id = conversation.id, format = format }, function(result, client)
    if type(result) ~= 'table' then
      return notice.tell('that conversation is gone.', vim.log.levels.WARN)
    end
    got(format == 'json' and vim.json.encode(result.conversation) .. '\n' or result.text, client)
  end)
end

---@param conversation picode.messages.ConversationRow
local function resume(conversation)
  read(conversation, 'markdown', function(text, client)
    local thread = require('picode.thread').new({
      title = conversation.title,
      command = 'chat',
      root = client.root_dir,
      conversation = conversation.id,
    })
    thread:add(vim.split(vim.trim(text), '\n', { plain = true }))
    thread:say('')
    require('picode.window').open(thread, true)
  end)
end

---@param conversation picode.messages.ConversationRow
local function rename(conversation)
  vim.ui.input({ prompt = 'Title: ', default = conversation.title }, function(title)
    if title and vim.trim(title) ~= '' then
      call('picode.conversation.rename', { id = conversation.id, title = vim.trim(title) }, function()
        notice.hint(('the conversation is called "%s" now.'):format(vim.trim(title)))
      end)
    end
  end)
end

---@param question string
---@param yes string
---@param confirmed fun()
local function confirm(question, yes, confirmed)
  vim.ui.select({ yes, 'Cancel' }, { prompt = question }, function(choice)
    if choice == yes then
      confirmed()
    end
  end)
end

---@param conversation picode.messages.ConversationRow
local function delete(conversation)
  confirm(('Delete "%s" for good?'):format(conversation.title), 'Delete', function()
    call('picode.conversation.delete', { id = conversation.id }, function()
      notice.hint('the conversation is deleted.')
    end)
  end)
end

---@param path string
---@param text string
local function write(path, text)
  local file, problem = io.open(path, 'wb')
  if file then
    local _, failed = file:write(text)
    file:close()
    problem = failed
  end
  if problem then
    return notice.tell('the conversation was not written: ' .. problem, vim.log.levels.ERROR)
  end
  notice.hint('written to ' .. path)
end

---@param format 'markdown'|'json'
---@param ending string
---@return fun(conversation: picode.messages.ConversationRow)
local function export(format, ending)
  return function(conversation)
    local name = conversation.title:gsub('[^%w]+', '-'):gsub('^%-', ''):gsub('%-$', ''):lower()
    local options = { prompt = 'Write to: ', default = (name ~= '' and name or 'conversation') .. ending, completion = 'file' }
    vim.ui.input(options, function(given)
      if not given or vim.trim(given) == '' then
        return
      end
      local path = vim.fn.fnamemodify(vim.fs.normalize(vim.trim(given)), ':p')
      read(conversation, format, function(text)
        if not vim.uv.fs_stat(path) then
          return write(path, text)
        end
        confirm(('%s is there already.'):format(path), 'Overwrite', function()
          write(path, text)
        end)
      end)
    end)
  end
end

---@type { title: string, run: fun(conversation: picode.messages.ConversationRow) }[]
local ACTIONS = {
  { title = 'Go on with it', run = resume },
  { title = 'Rename', run = rename },
  { title = 'Delete', run = delete },
  { title = 'Export as Markdown', run = export('markdown', '.md') },
  { title = 'Export as JSON', run = export('json', '.json') },
}

--- Lets the user choose a conversation, and what to do with it.
---@param search string what it must hold; empty: any
function M.choose(search)
  call('picode.conversations', { search = search ~= '' and search or nil, limit = 200 }, function(found)
    if #(found or {}) == 0 then
      return notice.hint(search == '' and 'there are no conversations yet.' or 'no conversation holds that.')
    end
    vim.ui.select(found, { prompt = 'PiCode: conversations', format_item = describe }, function(conversation)
      if not conversation then
        return
      end
      local function title(action)
        return action.title
      end
      vim.ui.select(ACTIONS, { prompt = conversation.title, format_item = title }, function(action)
        if action then
          action.run(conversation)
        end
      end)
    end)
  end)
end

return M
