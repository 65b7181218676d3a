--- `:checkhealth picode`. Also runs in a Neovim that is too old, to say so.

local version = require('picode.version')

local M = {}

-- Neovim 0.9 and older have other names for it.
local health = vim.health
if not health or not health.start then
  local old = health or require('health')
  health = { start = old.report_start, error = old.report_error }
end

local TIMEOUT_MS = 5000

--- The command that prints the server's version, from the one that starts it.
---@param cmd string[]
---@return string[]
local function version_command(cmd)
  local words = {}
  for _, word in ipairs(cmd) do
    if word == 'lsp' then
      break
    end
    table.insert(words, word)
  end
  table.insert(words, '--version')
  return words
end

local function check_server()
  local server = require('picode.server')
  local cmd = vim.lsp.config.picode.cmd
  if type(cmd) == 'function' then
    return health.info('The server is started by a function of yours.')
  end
  if server.missing() then
    return health.error(('The server is not installed: "%s" is not executable.'):format(cmd[1]), {
      server.INSTALL,
      (server.INSTALL:gsub('^uv tool', 'pipx')),
      "If it is elsewhere: require('picode').setup{ cmd = { '/path/to/picode', 'lsp' } }",
    })
  end
  local asked = version_command(cmd)
  local ran, result = pcall(function()
    return vim.system(asked, { text = true, timeout = TIMEOUT_MS }):wait()
  end)
  local command = table.concat(asked, ' ')
  if ran and result.code == 0 then
    health.ok(('%s: %s'):format(vim.fn.exepath(cmd[1]), vim.trim(result.stdout)))
  else
    local output = ran and vim.trim(result.stderr) or tostring(result)
    health.error(('`%s` fails: %s'):format(command, output), { server.INSTALL .. ' --reinstall' })
  end
end

--- What the server says of the embedded model.
---@param client vim.lsp.Client
local function check_embedded(client)
  local params = { command = 'picode.models', arguments = {} }
  local answer = client:request_sync('workspace/executeCommand', params, TIMEOUT_MS)
  for _, model in ipairs(answer and answer.result or {}) do
    if model.provider == 'embedded' then
      if model.available then
        return health.ok('The embedded model can run: ' .. model.model)
      end
      return health.warn(
        'The embedded model cannot run: ' .. (model.detail ~= '' and model.detail or 'unavailable'),
        { require('picode.server').INSTALL .. ' --reinstall', 'Or use another provider: :PiCode model' }
      )
    end
  end
  health.warn('The server did not say which models it has.', { ':PiCode log' })
end

local function check_clients()
  local clients = vim.lsp.get_clients({ name = 'picode' })
  if #clients == 0 then
    return health.warn('No buffer uses the server.', {
      "vim.lsp.enable('picode') in your configuration",
      'Then open a file: special buffers are left out.',
    })
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    health.ok(('Running in %s, for %d buffer(s)'):format(client.root_dir or 'no workspace', buffers))
    local status = require('picode.status').of(client.id)
    local model = vim.trim(status.provider .. ' ' .. status.model)
    local message = status.message ~= '' and ': ' .. status.message or ''
    local line = ('Status %s, model %s%s'):format(status.kind, model ~= '' and model or 'not asked yet', message)
    if status.kind == 'error' or status.kind == 'warning' then
      health.warn(line, status.command and { ':PiCode fix: ' .. status.command.title } or {})
    else
      health.ok(line)
    end
    if not client:supports_method('textDocument/inlineCompletion') then
      health.error('The server offers no inline completion.', { require('picode.server').INSTALL .. ' --reinstall' })
    end
  end
  check_embedded(clients[1])
end

--- Whether answers and edits can be shown well.
---@param client? vim.lsp.Client
local function check_answers(client)
  local offered = client and vim.tbl_get(client.server_capabilities, 'executeCommandProvider', 'commands') or {}
  if client and not vim.list_contains(offered, 'picode.slash') then
    health.warn('The server is too old for slash commands.', { require('picode.server').INSTALL .. ' --reinstall' })
  end
  if pcall(vim.treesitter.language.add, 'markdown') and vim.treesitter.language.add('markdown') then
    health.ok('Answers are highlighted by treesitter')
  else
    health.info('Answers are highlighted by a syntax file: there is no treesitter parser for Markdown')
  end
  local keymaps = require('picode.keymaps')
  local lhs = require('picode.options').current.keymaps.accept_edit
  if not lhs and vim.fn.hasmapto(keymaps.plug('accept_edit'), 'n') == 0 then
    health.info('No key accepts edits; :PiCode accept does.')
  end
end

local function check_ghost_text()
  local options = require('picode.options').current
  if require('picode.suggestions').is_native() then
    health.ok('Ghost text is drawn by Neovim (vim.lsp.inline_completion)')
  else
    health.ok('Ghost text is drawn by the plugin (extmarks)')
    if options.ghost == 'native' then
      health.warn("setup{ ghost = 'native' } needs Neovim 0.12 or newer.")
    end
  end
  if not options.automatic then
    health.info('Suggestions come only when asked for: setup{ automatic = false }')
  end
end

--- Whether the key that accepts reaches this plugin.
local function check_accept_key()
  local keymaps = require('picode.keymaps')
  local lhs = require('picode.options').current.keymaps.accept
  if vim.fn.hasmapto('<Plug>(picode-accept)', 'i') == 1 then
    return health.ok('You have mapped <Plug>(picode-accept)')
  elseif not lhs then
    return health.warn('No key accepts suggestions.', { "vim.keymap.set('i', '<C-y>', '<Plug>(picode-accept)')" })
  end
  local client = vim.lsp.get_clients({ name = 'picode' })[1]
  for bufnr in pairs(client and client.attached_buffers or {}) do
    local map = keymaps.mapping(bufnr, lhs)
    if not map or not keymaps.is_ours(map) then
      local owner = map and (map.desc or map.rhs or 'a Lua function') or 'nothing'
      return health.warn(('%s is mapped to %s in %s'):format(lhs, owner, vim.api.nvim_buf_get_name(bufnr)), {
        'If suggestions cannot be accepted with it, choose another key: setup{ keymaps = { accept = "<C-y>" } }',
      })
    end
  end
  health.ok(('%s accepts a suggestion, and does what it did before where there is none'):format(lhs))
end

function M.check()
  health.start('PiCode')
  if not version.supported() then
    return health.error(version.complaint())
  end
  health.ok('Neovim ' .. version.running())
  check_server()
  check_clients()
  check_ghost_text()
  check_accept_key()
  check_answers(vim.lsp.get_clients({ name = 'picode' })[1])
end

return M
