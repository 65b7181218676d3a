--- Names that a model proposes for what stands at the cursor: the user chooses one, and the language's own server renames.

local api = vim.api
local notice = require('picode.notice')

local M = {}

---@return vim.lsp.Client? that renames in the buffer
local function renamer(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr, method = 'textDocument/rename' })[1]
end

---@param name picode.messages.ProposedName
---@return string
local function described(name)
  return name.reason == '' and name.name or ('%s  %s'):format(name.name, name.reason)
end

--- What becomes of the answer. The cursor may have moved until it is there: then the user is told so, and nothing is renamed.
---@param bufnr integer
---@return fun(result: picode.AskResult)
function M.on_end(bufnr)
  local word = vim.fn.expand('<cword>')
  return function(result)
    local names = result.names or {}
    if result.state == 'stopped' then
      return notice.hint('/rename was stopped.')
    elseif result.state == 'failed' then
      return -- the server has told why
    elseif #names == 0 then
      return notice.hint('The model proposed no other name.')
    end
    vim.ui.select(names, { prompt = ('Rename %s to:'):format(word), format_item = described }, function(choice)
      if not choice then
        return
      elseif api.nvim_get_current_buf() ~= bufnr or vim.fn.expand('<cword>') ~= word then
        return notice.tell(('The cursor is not on %s any more.'):format(word), vim.log.levels.WARN)
      end
      local client = renamer(bufnr)
      if not client then
        return notice.tell('No language server renames in this buffer.', vim.log.levels.WARN)
      end
      vim.lsp.buf.rename(choice.name, { name = client.name, bufnr = bufnr })
    end)
  end
end

return M
