--- The text before and after an edit, side by side in a tab of its own.

local api = vim.api
local notice = require('picode.notice')

local M = {}

---@param text string
---@param name string
---@param filetype string
---@return integer bufnr
local function scratch(text, name, filetype)
  local bufnr = api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].modeline = false
  local lines = vim.split((text:gsub('\r\n?', '\n'):gsub('\n$', '')), '\n', { plain = true })
  api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  api.nvim_buf_set_name(bufnr, ('picode://compare/%d/%s'):format(bufnr, name))
  vim.bo[bufnr].filetype = filetype
  vim.keymap.set('n', 'q', '<Cmd>tabclose<CR>', { buffer = bufnr, nowait = true, desc = 'PiCode: close the comparison' })
  return bufnr
end

---@param before string
---@param after string
---@param filetype string
local function open(before, after, filetype)
  vim.cmd.tabnew()
  local empty = api.nvim_get_current_buf()
  api.nvim_win_set_buf(0, scratch(before, 'before', filetype))
  api.nvim_buf_delete(empty, { force = true })
  vim.cmd.diffthis()
  api.nvim_open_win(scratch(after, 'after', filetype), true, { split = 'right', win = 0 })
  vim.cmd.diffthis()
end

--- The text of a document that only the server has.
---@param client vim.lsp.Client
---@param uri string
---@param got fun(text: string)
local function fetch(client, uri, got)
  client:request('workspace/textDocumentContent', { uri = uri }, function(err, result)
    if err or type(result) ~= 'table' or type(result.text) ~= 'string' then
      return notice.tell('the edit cannot be shown: ' .. (err and err.message or 'it is gone.'), vim.log.levels.WARN)
    end
    got(result.text)
  end)
end

---@param client_id integer
---@param id string of the edit
function M.show(client_id, id)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client then
    return notice.hint('the server is not running any more.')
  end
  local filetype = vim.bo.filetype
  local params = { command = 'picode.edit.compare', arguments = { { id = id } } }
  client:request('workspace/executeCommand', params, function(err, result)
    if err or type(result) ~= 'table' then
      return notice.tell('the edit cannot be shown: ' .. (err and err.message or 'it is gone.'), vim.log.levels.WARN)
    end
    fetch(client, result.before, function(before)
      fetch(client, result.after, function(after)
        open(before, after, filetype)
      end)
    end)
  end)
end

return M
