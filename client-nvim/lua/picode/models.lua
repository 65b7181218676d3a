--- Choosing a model: `:PiCode model` for suggestions, `:PiCode model chat` for questions and edits.

local notice = require('picode.notice')

local M = {}

---@alias picode.Purpose 'inline'|'chat' the group of settings that names the model

---@type table<picode.Purpose, string>
local PURPOSES = { inline = 'suggestions', chat = 'questions and edits' }

--- A row of the menu; one without `provider` lets the user type a name.
---@class picode.ModelRow
---@field provider? string
---@field title string
---@field model string
---@field available? boolean
---@field current? boolean
---@field needsKey? boolean
---@field detail string

---@param row picode.ModelRow
---@return string
local function describe(row)
  local parts = { row.current and '* ' or '  ', row.title }
  if row.model ~= '' then
    table.insert(parts, ': ' .. row.model)
  end
  if row.needsKey then
    table.insert(parts, ' (needs a key, which is asked for)')
  elseif row.detail ~= '' then
    table.insert(parts, (' (%s)'):format(row.detail))
  elseif row.available == false then
    table.insert(parts, ' (not available)')
  end
  return table.concat(parts)
end

--- Calls a command of the server of the current buffer, or of any that runs.
---@param name string
---@param answered fun(result: any)
local function call(name, answered)
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1] or vim.lsp.get_clients({ name = 'picode' })[1]
  if not client then
    return notice.tell('the server is not running. Open a file, or see :checkhealth picode.', vim.log.levels.WARN)
  end
  client:request('workspace/executeCommand', { command = name, arguments = {} }, function(err, result)
    if err then
      return notice.tell('the server cannot list models: ' .. err.message, vim.log.levels.ERROR)
    end
    answered(result)
  end)
end

--- What the server can use.
---@param answered fun(models: picode.messages.ModelChoice[])
function M.list(answered)
  call('picode.models', function(models)
    answered(models or {})
  end)
end

--- The rows of the menu, with a mark at the one that is used for the purpose.
---@param purpose picode.Purpose
---@param answered fun(rows: picode.ModelRow[])
local function rows(purpose, answered)
  M.list(function(models)
    local function finish(is_current)
      local found = vim.tbl_map(function(model)
        return vim.tbl_extend('force', model, { current = is_current(model) })
      end, models)
      table.insert(found, { title = 'Another model …', model = '', detail = '' })
      answered(found)
    end
    if purpose == 'inline' then
      return finish(function(model)
        return model.current
      end)
    end
    call('picode.chat.model', function(asked)
      finish(function(model)
        return model.provider == asked.provider and model.model == asked.model
      end)
    end)
  end)
end

---@param purpose picode.Purpose
---@param provider string
---@param model string
local function use(purpose, provider, model)
  require('picode.settings').change({ [purpose] = { provider = provider, model = model } })
  local name = vim.trim(provider .. ' ' .. model)
  notice.hint(('%s for %s, until Neovim ends (:help picode-model)'):format(name, PURPOSES[purpose]))
end

--- Lets the user type the name of a model that the server has not listed: of the provider in use.
---@param purpose picode.Purpose
---@param listed picode.ModelRow[]
local function type_name(purpose, listed)
  local current = vim.iter(listed):find(function(row)
    return row.current
  end) or listed[1]
  local provider = current and current.provider
  if not provider then
    return
  end
  vim.ui.input({ prompt = ("PiCode: the model's name, as %s knows it: "):format(provider) }, function(name)
    if name and vim.trim(name) ~= '' then
      use(purpose, provider, vim.trim(name))
    end
  end)
end

--- Lets the user choose. A key that is missing is asked for.
---@param purpose? string nil: 'inline'
function M.choose(purpose)
  local group = PURPOSES[purpose] and purpose or 'inline' --[[@as picode.Purpose]]
  rows(group, function(listed)
    local prompt = ('PiCode: model for %s'):format(PURPOSES[group])
    vim.ui.select(listed, { prompt = prompt, format_item = describe }, function(row)
      if not row then
        return
      elseif not row.provider then
        return type_name(group, listed)
      elseif not row.needsKey then
        return use(group, row.provider, row.model)
      end
      require('picode.keys').enter(row.provider, row.model, function()
        use(group, row.provider, row.model)
      end)
    end)
  end)
end

return M
