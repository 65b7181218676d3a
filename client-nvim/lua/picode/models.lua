--- Choosing a model: `:PiCode model`.

local notice = require('picode.notice')

local M = {}

---@class picode.Model
---@field provider string
---@field title string
---@field model string
---@field available boolean
---@field current boolean
---@field detail string

---@param model picode.Model
---@return string
local function describe(model)
  local parts = { model.current and '* ' or '  ', model.title }
  if model.model ~= '' then
    table.insert(parts, ': ' .. model.model)
  end
  if model.detail ~= '' then
    table.insert(parts, (' (%s)'):format(model.detail))
  elseif not model.available then
    table.insert(parts, ' (not available)')
  end
  return table.concat(parts)
end

---@param model picode.Model
local function use(model)
  require('picode.settings').change({ inline = { provider = model.provider, model = model.model } })
  notice.hint(('%s until Neovim ends (:help picode-model)'):format(vim.trim(model.provider .. ' ' .. model.model)))
end

--- What the server can use, from the server of the current buffer.
---@param answered fun(models: picode.Model[])
function M.list(answered)
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1] or vim.lsp.get_clients({ name = 'picode' })[1]
  if not client then
    return notice.tell('the server is not running. Open a file, or see :checkhealth picode.', vim.log.levels.WARN)
  end
  client:request('workspace/executeCommand', { command = 'picode.models', arguments = {} }, function(err, models)
    if err then
      return notice.tell('the server cannot list models: ' .. err.message, vim.log.levels.ERROR)
    end
    answered(models or {})
  end)
end

--- Lets the user choose.
function M.choose()
  M.list(function(models)
    vim.ui.select(models, { prompt = 'PiCode: model for suggestions', format_item = describe }, function(model)
      if model then
        use(model)
      end
    end)
  end)
end

return M
