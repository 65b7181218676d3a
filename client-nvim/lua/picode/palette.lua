--- All slash commands: those that PiCode brings along, and the user's own, which only the server knows.

local M = {}

---@type picode.SlashCommand[]
local known = require('picode.slash')

local PATIENCE_MS = 500

--- Asks the server, which reads the user's own commands again when their files change.
local function refresh()
  local client = vim.lsp.get_clients({ name = 'picode' })[1]
  if not client or client:is_stopped() then
    return
  end
  local params = { command = 'picode.commands', arguments = {} }
  local answer = client:request_sync('workspace/executeCommand', params, PATIENCE_MS)
  if answer and type(answer.result) == 'table' and #answer.result > 0 then
    known = answer.result
  end
end

--- All of them, in the order of menus.
---@return picode.SlashCommand[]
function M.all()
  refresh()
  return known
end

---@param name string
---@return picode.SlashCommand?
local function find(name)
  return vim.iter(known):find(function(command)
    return command.name == name
  end)
end

---@param name string without the slash
---@return picode.SlashCommand?
function M.get(name)
  local found = find(name)
  if not found then
    refresh()
    found = find(name)
  end
  return found
end

--- The command that a text begins with, and the words behind it; a text without one is a question. As the server does it
--- (`parse` in server/picode/core/slash.py).
---@param text string
---@return string name
---@return string words
function M.parse(text)
  local name, rest = text:match('^%s*/(%a[%w_-]*)(.*)$')
  if not name or (rest ~= '' and not rest:match('^%s')) then
    return 'ask', vim.trim(text)
  end
  return name:lower(), vim.trim(rest)
end

--- How a command is typed, such as "/fix [what is wrong]".
---@param command picode.SlashCommand
---@return string
function M.usage(command)
  if command.words == '' then
    return '/' .. command.name
  end
  return ('/%s %s'):format(command.name, (command.mustSay and '<%s>' or '[%s]'):format(command.words))
end

--- Lets the user choose one.
---@param chosen fun(command: picode.SlashCommand)
function M.choose(chosen)
  local commands = M.all()
  local width = vim.iter(commands):fold(0, function(most, command)
    return math.max(most, vim.fn.strdisplaywidth(M.usage(command)))
  end)
  vim.ui.select(commands, {
    prompt = 'PiCode',
    kind = 'picode.command',
    format_item = function(command)
      local usage = M.usage(command)
      return usage .. (' '):rep(width - vim.fn.strdisplaywidth(usage) + 2) .. command.help
    end,
  }, function(command)
    if command then
      chosen(command)
    end
  end)
end

return M
