--- What happens in a buffer when the server attaches to it or leaves it.

local keymaps = require('picode.keymaps')
local suggestions = require('picode.suggestions')
local sync = require('picode.sync')

local M = {}

---@param bufnr integer
---@param client vim.lsp.Client
function M.attach(bufnr, client)
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
