--- What `vim.lsp.enable('picode')` starts. Every field can be changed with `vim.lsp.config('picode', { ... })`.

local server = require('picode.server')

---@type vim.lsp.Config
return {
  cmd = { 'picode', 'lsp' },
  -- No `filetypes`: PiCode works in every ordinary file; `root_dir` leaves the others out.
  root_markers = { '.picode.toml', '.picode.json', '.git' },
  root_dir = server.root_dir,
  settings = { picode = vim.empty_dict() },
  capabilities = {
    -- Neovim 0.11 does not declare what this plugin adds to it.
    textDocument = { inlineCompletion = { dynamicRegistration = false } },
    experimental = { picode = { answers = true, liveEdits = true, status = true, keys = true, trust = true, input = true } },
  },
  handlers = require('picode.handlers'),
  commands = require('picode.fixes').client_commands,
  before_init = server.before_init,
  on_init = server.on_init,
  on_exit = server.on_exit,
}
