--- The options of `setup{}`.

local M = {}

---@class picode.Keymaps
---@field accept? string|false
---@field accept_word? string|false
---@field accept_line? string|false
---@field dismiss? string|false
---@field next? string|false
---@field previous? string|false
---@field suggest? string|false
---@field accept_edit? string|false
---@field discard_edit? string|false
---@field again_edit? string|false
---@field compare_edit? string|false

---@class picode.Options
---@field enable? boolean call `vim.lsp.enable('picode')`
---@field automatic? boolean suggest while typing; false: only when asked to
---@field ghost? 'auto'|'native'|'extmarks' who draws the ghost text: this plugin ('auto', 'extmarks') or Neovim 0.12
---@field highlight? string|vim.api.keyset.highlight a group to link PiCodeGhost to, or its attributes
---@field answer? 'float'|'split'|'vsplit' the window of answers
---@field keymaps? picode.Keymaps|false keys; false: none
---@field settings? table PiCode's settings, as in the documentation: { inline = { provider = 'ollama' } }
---@field trusted_folders? string[] folders whose .picode.toml may name providers and addresses
---@field cmd? string[] how the server is started

---@type picode.Options
local defaults = {
  enable = true,
  automatic = true,
  ghost = 'auto',
  answer = 'float',
  keymaps = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-Down>',
    dismiss = '<C-]>',
    next = '<M-]>',
    previous = '<M-[>',
    suggest = [[<M-\>]],
    -- These in normal mode, while an edit waits to be decided about.
    accept_edit = 'ga',
    discard_edit = 'gX',
    again_edit = 'gA',
    compare_edit = 'gC',
  },
  settings = {},
  trusted_folders = {},
}

---@type table<string, fun(value: any): boolean>
local accepts = {
  enable = function(value)
    return type(value) == 'boolean'
  end,
  automatic = function(value)
    return type(value) == 'boolean'
  end,
  ghost = function(value)
    return value == 'auto' or value == 'native' or value == 'extmarks'
  end,
  answer = function(value)
    return value == 'float' or value == 'split' or value == 'vsplit'
  end,
  highlight = function(value)
    return type(value) == 'string' or type(value) == 'table'
  end,
  keymaps = function(value)
    if type(value) ~= 'table' then
      return value == false
    end
    return vim.iter(value):all(function(action, key)
      return defaults.keymaps[action] ~= nil and (key == false or type(key) == 'string')
    end)
  end,
  settings = function(value)
    return type(value) == 'table'
  end,
  trusted_folders = function(value)
    return vim.islist(value)
  end,
  cmd = function(value)
    return vim.islist(value) and type(value[1]) == 'string'
  end,
}

---@type picode.Options
M.current = vim.deepcopy(defaults)

--- Takes over the options that make sense; a wrong one keeps its default.
---@param given? picode.Options
---@return string[] complaints one for each wrong option
function M.set(given)
  local complaints = {}
  local valid = {}
  for name, value in vim.spairs(given or {}) do
    if not accepts[name] then
      table.insert(complaints, ('setup{} has no option "%s"; see :help picode-options'):format(name))
    elseif not accepts[name](value) then
      local shown = vim.inspect(value, { newline = ' ', indent = '' })
      table.insert(complaints, ('setup{} cannot use %s = %s; see :help picode-options'):format(name, shown))
    else
      valid[name] = value
    end
  end
  local keymaps = valid.keymaps
  M.current = vim.tbl_deep_extend('force', defaults, valid)
  -- `false` in place of the table means no keys at all.
  M.current.keymaps = keymaps == false and {} or M.current.keymaps
  return complaints
end

return M
