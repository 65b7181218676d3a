--- Keeps the server's copy of a buffer true where Neovim does not.
---
--- When a buffer is edited while it has no server, as after a crash, Neovim 0.11 stops watching it, and does not start
--- again for a later server: `on_lines` in vim/lsp.lua ends the watch by its return value, and |nvim_buf_attach()|
--- calls no `on_detach` then, which would take note of it. The later server gets the text when it opens the buffer and
--- no change after that. So changes are watched here too, and if Neovim missed one, the text is sent whole.

local api = vim.api
local util = require('vim.lsp.util')

local M = {}

---@class picode.Watch
---@field tick integer |b:changedtick| of the last change
---@field sent integer that of the last text which the server certainly has
---@field over? boolean

---@type table<integer, picode.Watch>
local watches = {}

--- Watches a buffer that a server has just opened.
---@param bufnr integer
function M.watch(bufnr)
  M.forget(bufnr)
  local tick = api.nvim_buf_get_changedtick(bufnr)
  local watch = { tick = tick, sent = tick }
  watches[bufnr] = watch
  api.nvim_buf_attach(bufnr, false, {
    on_lines = function(_, _, changed)
      watch.tick = changed
      return watch.over
    end,
    on_reload = function()
      -- Neovim opens the buffer anew at the server.
      watch.tick = api.nvim_buf_get_changedtick(bufnr)
      watch.sent = watch.tick
    end,
    on_detach = function()
      -- Nor does Neovim see then that the buffer is gone, and stumbles over it when the server ends.
      for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = 'picode' })) do
        vim.lsp.buf_detach_client(bufnr, client.id)
      end
    end,
  })
end

---@param bufnr integer
function M.forget(bufnr)
  if watches[bufnr] then
    watches[bufnr].over = true
    watches[bufnr] = nil
  end
end

--- Sends the text if Neovim missed a change. To be called before a question about the buffer.
---@param client vim.lsp.Client
---@param bufnr integer
---@return integer version of the text that the server has
function M.flush(client, bufnr)
  local watch = watches[bufnr]
  if not watch or watch.tick == watch.sent or watch.tick == util.buf_versions[bufnr] then
    return util.buf_versions[bufnr]
  end
  local lines = api.nvim_buf_get_lines(bufnr, 0, -1, false)
  local line_end = vim.bo[bufnr].fileformat == 'dos' and '\r\n' or vim.bo[bufnr].fileformat == 'mac' and '\r' or '\n'
  local text = table.concat(lines, line_end) .. (vim.bo[bufnr].endofline and line_end or '')
  client:notify('textDocument/didChange', {
    textDocument = { uri = vim.uri_from_bufnr(bufnr), version = watch.tick },
    contentChanges = { { text = text } },
  })
  watch.sent = watch.tick
  return watch.tick
end

return M
