--- Which workspaces are trusted. A file in an untrusted one cannot tell the server where to send code.

local notice = require('picode.notice')
local options = require('picode.options')

local M = {}

---@type table<string, true> folders trusted until Neovim ends
local session = {}

---@param path string
---@return string
local function real(path)
  local normal = vim.fs.normalize(path)
  return vim.uv.fs_realpath(normal) or normal
end

--- Whether a folder is one that the user trusts, or lies in one.
---@param folder? string nil: a file without a workspace, which has nothing to trust
---@return boolean
function M.trusts(folder)
  if not folder then
    return false
  end
  local asked = real(folder)
  local trusted = vim.list_extend(vim.tbl_keys(session), options.current.trusted_folders)
  return vim.iter(trusted):any(function(one)
    local root = real(one)
    return asked == root or vim.startswith(asked, (root:gsub('/$', '')) .. '/')
  end)
end

--- Tells the running servers what is trusted now.
function M.push()
  for _, client in ipairs(vim.lsp.get_clients({ name = 'picode' })) do
    client:notify('picode/didChangeTrust', { workspaceTrusted = M.trusts(client.root_dir) })
  end
end

--- Trusts a folder until Neovim ends.
---@param folder string
function M.trust(folder)
  session[folder] = true
  M.push()
end

--- Trusts the workspace of the current buffer until Neovim ends.
function M.trust_workspace()
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1]
  local root = client and client.root_dir
  if not root then
    return notice.tell('this buffer has no workspace to trust.', vim.log.levels.WARN)
  end
  M.trust(root)
  notice.hint(('trusted until Neovim ends (:help picode-trust): %s'):format(root))
end

return M
