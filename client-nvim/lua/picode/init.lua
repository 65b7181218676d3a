--- PiCode for Neovim. Needs no set-up but `vim.lsp.enable('picode')`; `setup{}` is for options.

local M = {}

--- Sets options and enables the server. See |picode-options|.
---@param given? picode.Options
function M.setup(given)
  if require('picode.version').refuse() then
    return
  end
  local options = require('picode.options')
  for _, complaint in ipairs(options.set(given)) do
    require('picode.notice').tell(complaint, vim.log.levels.WARN)
  end
  local current = options.current
  if current.highlight then
    local highlight = type(current.highlight) == 'string' and { link = current.highlight } or current.highlight
    vim.api.nvim_set_hl(0, 'PiCodeGhost', highlight --[[@as vim.api.keyset.highlight]])
  end
  vim.lsp.config('picode', { cmd = current.cmd, settings = { picode = current.settings } })
  if current.enable then
    vim.lsp.enable('picode')
  end
  -- For buffers that are open already, when a plugin manager loads this late.
  require('picode.settings').push()
  require('picode.trust').push()
  require('picode.attach').refresh()
end

--- A short text for a status line: "PiCode", with a mark where something is under way or wrong; empty where PiCode
--- is not at work. The User autocommand PiCodeStatus fires when it changes.
---@return string
function M.status()
  return require('picode.status').line()
end

--- All that is known of the server of the current buffer, or nil if it has none.
---@return picode.Status?
function M.info()
  return require('picode.status').current()
end

-- Each answers whether it did something, so that a mapping can do something else instead.
for _, action in ipairs({
  'accept',
  'accept_word',
  'accept_line',
  'dismiss',
  'next',
  'previous',
  'suggest',
  'visible',
}) do
  M[action] = function()
    return require('picode.suggestions')[action]()
  end
end

return M
