--- What happens in a buffer when the server attaches to it or leaves it.

local keymaps = require('picode.keymaps')
local suggestions = require('picode.suggestions')
local sync = require('picode.sync')

local M = {}

---@type table<integer, string> the URI that a buffer was opened under at its server
local opened = {}

--- The buffer of a document that is open at a server. |vim.uri_to_bufnr()| makes a new one for the URI of a buffer without a
--- name.
---@param uri string
---@return integer bufnr
function M.buffer_of(uri)
  for bufnr, its in pairs(opened) do
    if its == uri and vim.api.nvim_buf_is_valid(bufnr) then
      return bufnr
    end
  end
  return vim.uri_to_bufnr(uri)
end

--- A buffer may have another name now.
---@param bufnr integer
function M.renamed(bufnr)
  local before = opened[bufnr]
  if before and before ~= vim.uri_from_bufnr(bufnr) then
    require('picode.server').rename(bufnr, before)
  end
end

---@param bufnr integer
---@param client vim.lsp.Client
function M.attach(bufnr, client)
  opened[bufnr] = vim.uri_from_bufnr(bufnr)
  if client:supports_method('textDocument/inlineCompletion', bufnr) then
    keymaps.attach(bufnr)
    sync.watch(bufnr)
    suggestions.attach(bufnr)
  end
end

---@param bufnr integer
---@param client_id integer the client that is leaving
function M.detach(bufnr, client_id)
  local others = vim.tbl_filter(function(client)
    return client.id ~= client_id
  end, vim.lsp.get_clients({ bufnr = bufnr, name = 'picode' }))
  if #others == 0 then
    opened[bufnr] = nil
    keymaps.detach(bufnr)
    sync.forget(bufnr)
    suggestions.detach(bufnr)
  end
end

--- Attaches again where the server is attached, after options have changed.
function M.refresh()
  for _, client in ipairs(vim.lsp.get_clients({ name = 'picode' })) do
    for bufnr in pairs(client.attached_buffers) do
      keymaps.detach(bufnr)
      M.attach(bufnr, client)
    end
  end
end

return M
