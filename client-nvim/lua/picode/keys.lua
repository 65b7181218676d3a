--- Keys of providers: typed where nothing shows them, tried and kept by the server. Where the machine has no keyring, they are
--- kept here until Neovim ends, and given to each server that starts.

local notice = require('picode.notice')

local M = {}

---@type table<string, string> by the names that the server gives them
local kept = {}

--- Runs what sends a key with Neovim's log of messages off.
---@param send fun()
local function unlogged(send)
  local log = require('vim.lsp.log')
  local level = log.get_level()
  log.set_level(math.max(level, vim.log.levels.INFO))
  local sent, problem = pcall(send)
  log.set_level(level)
  if not sent then
    error(problem, 0)
  end
end

---@param client vim.lsp.Client
---@param name string
---@param argument table
---@param answered fun(result: any)
local function call(client, name, argument, answered)
  unlogged(function()
    client:request('workspace/executeCommand', { command = name, arguments = { argument } }, function(err, result)
      if err then
        return notice.tell(err.message, vim.log.levels.ERROR)
      end
      answered(result)
    end)
  end)
end

--- Asks for a text that is not shown.
---@param prompt string
---@return string? nil: the user left it
local function secret(prompt)
  local asked, text = pcall(vim.fn.inputsecret, prompt)
  vim.cmd.redraw() -- the prompt goes
  text = asked and vim.trim(text) or ''
  return text ~= '' and text or nil
end

---@param described picode.messages.KeyDescription
---@param entered picode.messages.KeyEntered
local function tell(described, entered)
  local place = entered.place == 'keyring' and "is in the system's keyring" or 'is kept until Neovim ends (:help picode-key)'
  local tried = entered.note == '' and 'works, and ' or ''
  local note = entered.note ~= '' and '. It was not tried: ' .. entered.note or ''
  notice.tell(('the key for %s %s%s%s'):format(described.title, tried, place, note))
end

---@class picode.KeyAsked
---@field client vim.lsp.Client
---@field described picode.messages.KeyDescription
---@field model string
---@field done fun()

--- Asks until a key does, or the user leaves it.
---@param asked picode.KeyAsked
---@param problem string why the last one did not do; empty for the first
local function ask(asked, problem)
  local described = asked.described
  local where = described.page ~= '' and (' (get one at %s)'):format(described.page) or ''
  local before = problem ~= '' and problem .. '\n' or ''
  local key = secret(('%sPiCode: key for %s%s: '):format(before, described.title, where))
  if not key then
    return
  end
  local argument = { provider = described.provider, key = key, model = asked.model }
  call(asked.client, 'picode.key.enter', argument, function(entered)
    if entered.place == '' then
      return ask(asked, entered.problem)
    end
    kept[entered.entry] = entered.place == 'session' and key or nil
    tell(described, entered)
    asked.done()
  end)
end

--- Lets the user choose whose key to enter.
---@param chosen fun(provider: string)
local function choose(chosen)
  require('picode.models').list(function(models)
    local wanting = vim.tbl_filter(function(model)
      return model.needsKey
    end, models)
    vim.ui.select(wanting, {
      prompt = 'PiCode: the provider whose key it is',
      format_item = function(model)
        return model.title
      end,
    }, function(model)
      if model then
        chosen(model.provider)
      end
    end)
  end)
end

--- Asks for the key of a provider.
---@param provider? string its name in the settings; nil: the user chooses
---@param model? string to try it with
---@param done? fun() called when there is one
function M.enter(provider, model, done)
  if not provider then
    return choose(M.enter)
  end
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1] or vim.lsp.get_clients({ name = 'picode' })[1]
  if not client then
    return notice.tell('the server is not running. Open a file, or see :checkhealth picode.', vim.log.levels.WARN)
  end
  call(client, 'picode.key', { provider = provider }, function(described)
    ask({ client = client, described = described, model = model or '', done = done or function() end }, '')
  end)
end

--- Gives a server the keys that are kept here.
---@param client vim.lsp.Client
function M.give(client)
  if next(kept) then
    call(client, 'picode.key.give', { keys = kept }, function() end)
  end
end

return M
