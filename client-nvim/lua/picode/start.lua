--- What the plugin does when Neovim sources it: the command, the `<Plug>` mappings, the highlights, and attaching to
--- the buffers that the server attaches to. Nothing here starts the server: `vim.lsp.enable('picode')` does.

local api = vim.api
local group = api.nvim_create_augroup('picode', {})

---@type table<string, vim.api.keyset.get_hl_info> what was set here
local ours = {}

--- Defines a highlight unless the user has.
---@param group string
---@param attributes vim.api.keyset.highlight
local function define(group, attributes)
  local now = api.nvim_get_hl(0, { name = group })
  if next(now) == nil or vim.deep_equal(now, ours[group]) then
    api.nvim_set_hl(0, group, attributes)
    ours[group] = api.nvim_get_hl(0, { name = group })
  end
end

--- Like a group, and grey in a terminal of 256 colours where that group has no colour of its own there, as with Neovim's own
--- colours: ghost text would look like text.
---@param group string
---@return vim.api.keyset.highlight
local function faint(group)
  local found = api.nvim_get_hl(0, { name = group, link = false })
  if found.ctermfg or found.cterm then
    return { link = group }
  end
  local ui = api.nvim_list_uis()[1]
  local colours = ui and ui.term_colors or 0 -- 0: no terminal
  found.ctermfg = colours > 0 and colours < 256 and 8 or 244
  return found --[[@as vim.api.keyset.highlight]]
end

local function highlights()
  local hint = vim.fn.hlexists('ComplHint') == 1 and 'ComplHint' or 'Comment' -- Neovim has ComplHint since 0.12
  define('PiCodeGhost', faint(hint))
  define('PiCodeGhostMore', { link = 'MoreMsg' })
  define('PiCodeEditAdded', { link = 'DiffAdd' })
  define('PiCodeEditRemoved', { link = 'DiffDelete' })
  define('PiCodeEditPending', faint('Comment'))
  define('PiCodeEditHint', { link = 'MoreMsg' })
end

highlights()
api.nvim_create_autocmd({ 'ColorScheme', 'UIEnter' }, { group = group, callback = highlights })

require('picode.keymaps').define_plugs()

api.nvim_create_user_command('PiCode', function(call)
  require('picode.commands').run(call)
end, {
  nargs = '*',
  range = true,
  desc = 'PiCode: suggestions, answers and edits from a language model',
  complete = function(lead, line)
    return require('picode.commands').complete(lead, line)
  end,
})

api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'picode' then
      require('picode.attach').attach(event.buf, client)
    end
  end,
})

api.nvim_create_autocmd('LspDetach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'picode' then
      require('picode.attach').detach(event.buf, client.id)
    end
  end,
})

api.nvim_create_autocmd('LspProgress', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'picode' then
      require('picode.status').on_progress(event.data.params, client.id)
    end
  end,
})

api.nvim_create_autocmd('InsertEnter', {
  group = group,
  callback = function(event)
    if vim.bo[event.buf].filetype == '' or api.nvim_buf_get_name(event.buf) == '' then
      require('picode.server').start(event.buf)
    end
  end,
})

-- By |:file|, and where an unnamed buffer is written, which is no BufFilePost.
api.nvim_create_autocmd({ 'BufFilePost', 'BufWritePost' }, {
  group = group,
  callback = function(event)
    require('picode.attach').renamed(event.buf)
  end,
})

-- Neovim passes over a server that is not installed in silence.
api.nvim_create_autocmd('FileType', {
  group = group,
  callback = function(event)
    require('picode.server').tell_if_missing(event.buf)
  end,
})
vim.schedule(function()
  require('picode.server').tell_if_missing(api.nvim_get_current_buf())
end)
