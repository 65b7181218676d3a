--- What the plugin does when Neovim sources it: the command, the `<Plug>` mappings, the highlights, and attaching to
--- the buffers that the server attaches to. Nothing here starts the server: `vim.lsp.enable('picode')` does.

local api = vim.api
local group = api.nvim_create_augroup('picode', {})

local function highlights()
  local hint = vim.fn.hlexists('ComplHint') == 1 and 'ComplHint' or 'Comment' -- Neovim has ComplHint since 0.12
  api.nvim_set_hl(0, 'PiCodeGhost', { default = true, link = hint })
  api.nvim_set_hl(0, 'PiCodeGhostMore', { default = true, link = 'MoreMsg' })
  api.nvim_set_hl(0, 'PiCodeEditAdded', { default = true, link = 'DiffAdd' })
  api.nvim_set_hl(0, 'PiCodeEditRemoved', { default = true, link = 'DiffDelete' })
  api.nvim_set_hl(0, 'PiCodeEditPending', { default = true, link = 'Comment' })
  api.nvim_set_hl(0, 'PiCodeEditHint', { default = true, link = 'MoreMsg' })
end

highlights()
api.nvim_create_autocmd('ColorScheme', { group = group, callback = highlights })

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
