--- Finding, starting and restarting the server. Neovim runs it; this says where, and what happens when it dies.

local log = require('picode.log')
local notice = require('picode.notice')

local M = {}

--- The clone that this plugin is a part of: PiCode is on no package index, so it is installed from there.
local clone = vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.uv.fs_realpath(debug.getinfo(1, 'S').source:sub(2))))))

M.INSTALL = ("uv tool install '%s[embedded]'"):format(
  vim.uv.fs_stat(clone .. '/pyproject.toml') and clone or '/path/to/picode'
)

---@param bufnr integer
---@return boolean
local function is_unnamed(bufnr)
  return vim.api.nvim_buf_get_name(bufnr) == ''
end

--- Whether a buffer holds a text that somebody edits. All unnamed buffers have one URI: only one of them can be open at the
--- server at a time.
---@param bufnr integer
---@return boolean
function M.is_ordinary(bufnr)
  if vim.bo[bufnr].buftype ~= '' then
    return false
  elseif not is_unnamed(bufnr) then
    return not vim.api.nvim_buf_get_name(bufnr):match('^%a[%w+.-]+://')
  end
  return vim.bo[bufnr].buflisted and vim.iter(vim.lsp.get_clients({ name = 'picode' })):all(function(client)
    return vim.iter(pairs(client.attached_buffers)):all(function(other)
      return other == bufnr or not vim.api.nvim_buf_is_valid(other) or not is_unnamed(other)
    end)
  end)
end

--- Opens a buffer at the server of its workspace, unless it is open at one. `vim.lsp.enable` does that by the event FileType,
--- which does not come to buffers without a file type, unnamed ones among them.
---@param bufnr integer
function M.start(bufnr)
  if M.may_start(bufnr) and #vim.lsp.get_clients({ bufnr = bufnr, name = 'picode' }) == 0 then
    local config = vim.lsp.config.picode
    local root = vim.fs.root(bufnr, config.root_markers)
    local start = vim.deepcopy(config)
    start.root_dir = root -- in place of the function
    vim.lsp.start(start, { bufnr = bufnr })
  end
end

--- A buffer has another name than the one it is open under: closes it there, and opens it at the server of its workspace.
---@param bufnr integer
---@param before string the URI that it is open under
function M.rename(bufnr, before)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = 'picode' })) do
    client:notify('textDocument/didClose', { textDocument = { uri = before } })
    vim.lsp.buf_detach_client(bufnr, client.id)
  end
  vim.schedule(function()
    if vim.api.nvim_buf_is_valid(bufnr) then
      M.start(bufnr)
    end
  end)
end

--- |lsp-root_dir()|: the workspace of a file, if it has one.
---@param bufnr integer
---@param on_dir fun(root?: string)
function M.root_dir(bufnr, on_dir)
  if M.is_ordinary(bufnr) then
    on_dir(vim.fs.root(bufnr, vim.lsp.config.picode.root_markers))
  end
end

---@param params lsp.InitializeParams
---@param config vim.lsp.ClientConfig
function M.before_init(params, config)
  local settings = require('picode.settings').explicit()
  config.settings.picode = settings -- the client answers `workspace/configuration` from this table
  params.initializationOptions = vim.tbl_deep_extend('force', config.init_options or {}, settings, {
    workspaceTrusted = require('picode.trust').trusts(config.root_dir),
  })
end

local RESTARTS, WITHIN_MS, DELAY_MS = 3, 180000, 500

---@type table<integer, true> clients that got as far as to answer `initialize`
local answered = {}
---@type integer[] when the server was restarted, in ms
local restarts = {}
local restarting = false

---@param client vim.lsp.Client
function M.on_init(client)
  answered[client.id] = true
  local info = client.server_info or {}
  log.add(('server %d started: %s %s'):format(client.id, info.name or '', info.version or ''))
  require('picode.keys').give(client)
end

---@return boolean
local function is_enabled()
  if vim.lsp.is_enabled then
    return vim.lsp.is_enabled('picode')
  end
  return vim.tbl_get(vim.lsp, '_enabled_configs', 'picode') ~= nil -- the first releases of 0.11
end

---@param what string
local function give_up(what)
  -- Later than Neovim's own message: two at once would make the user press Enter.
  vim.defer_fn(function()
    notice.tell(what .. '. :PiCode log says why; then :PiCode restart.', vim.log.levels.ERROR)
  end, DELAY_MS)
end

--- A server that crashed is started again, three times in three minutes; then the user is asked to look.
---@param code integer
---@param signal integer
---@param client_id integer
local function recover(code, signal, client_id)
  require('picode.status').forget(client_id)
  log.add(('server %d ended: exit code %d, signal %d'):format(client_id, code, signal))
  local started = answered[client_id]
  answered[client_id] = nil
  -- 15: somebody asked it to end.
  local crashed = code ~= 0 or (signal ~= 0 and signal ~= 15)
  if not crashed or not is_enabled() then
    return
  end
  if not started then
    return give_up('the server did not start')
  end
  if restarting then
    return -- one restart is for all servers: there is one for each workspace
  end
  local now = vim.uv.now()
  restarts = vim.tbl_filter(function(time)
    return now - time < WITHIN_MS
  end, restarts)
  if #restarts >= RESTARTS then
    return give_up('the server keeps ending')
  end
  table.insert(restarts, now)
  restarting = true
  vim.defer_fn(function()
    restarting = false
    if is_enabled() then
      vim.lsp.enable('picode')
    end
  end, DELAY_MS)
end

---@param code integer
---@param signal integer
---@param client_id integer
function M.on_exit(code, signal, client_id)
  -- Not when Neovim itself is ending.
  if vim.v.exiting == vim.NIL then
    vim.schedule(function()
      recover(code, signal, client_id)
    end)
  end
end

---@type boolean
local told_missing = false

--- The command's program if it is not there, else nil.
---@return string?
function M.missing()
  local cmd = vim.lsp.config.picode and vim.lsp.config.picode.cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    return cmd[1]
  end
end

--- Whether the user wants the server for a buffer. `filetypes` are theirs: by itself it is for all.
---@param bufnr integer
---@return boolean
local function is_wanted(bufnr)
  if not vim.api.nvim_buf_is_valid(bufnr) or not M.is_ordinary(bufnr) or not is_enabled() then
    return false
  end
  local filetypes = vim.lsp.config.picode.filetypes
  return filetypes == nil or vim.list_contains(filetypes, vim.bo[bufnr].filetype)
end

--- Whether a server is there for a buffer, or about to be.
---@param bufnr integer
---@return boolean
function M.may_start(bufnr)
  return is_wanted(bufnr) and M.missing() == nil
end

--- Says once how to install the server, if a buffer wants it and it is not there.
---@param bufnr integer
function M.tell_if_missing(bufnr)
  if told_missing or not is_wanted(bufnr) then
    return
  end
  local program = M.missing()
  if program then
    told_missing = true
    local text = 'the server is not installed (no "%s"). Run: %s (or pipx), then :PiCode restart'
    text = text:format(program, M.INSTALL)
    vim.schedule(function()
      notice.tell(text, vim.log.levels.WARN)
    end)
  end
end

---@return vim.lsp.Client[] those that are still starting included
local function clients()
  return vim.lsp.get_clients({ name = 'picode', _uninitialized = true })
end

local STOP_MS, LOOK_MS = 3000, 50

--- Ends the servers, and starts them again for the buffers that are open.
function M.restart()
  told_missing = false
  restarts = {}
  vim.lsp.enable('picode', false)
  for _, client in ipairs(clients()) do
    client:stop()
  end
  local waited = 0
  local function start_when_ended()
    if #clients() > 0 and waited < 2 * STOP_MS then
      waited = waited + LOOK_MS
      if waited == STOP_MS then
        for _, client in ipairs(clients()) do
          client:stop(true)
        end
      end
      return vim.defer_fn(start_when_ended, LOOK_MS)
    end
    vim.lsp.enable('picode')
    M.tell_if_missing(vim.api.nvim_get_current_buf())
  end
  start_when_ended()
end

return M
