--- What was sent for the last suggestion, and why: `:PiCode explain-suggestion`.

local api = vim.api

local M = {}

---@class picode.Explanation
---@field text string
---@field origin string
---@field provider string
---@field model string
---@field dialect string
---@field path string
---@field body table<string, any>
---@field context { path: string, line: integer, why: string, characters: integer }[]

--- Longer than any run of backticks that code has.
local FENCE = '`````'

---@param content string
---@param language? string
---@return string
local function fenced(content, language)
  return table.concat({ FENCE .. (language or ''), content, FENCE }, '\n')
end

--- One field of the request, to the letter.
---@param name string
---@param value any
---@return string
local function field(name, value)
  if type(value) == 'string' and value:find('\n', 1, true) then
    return ('`%s`:\n\n%s'):format(name, fenced(value))
  elseif type(value) == 'table' then
    return ('`%s`:\n\n%s'):format(name, fenced(vim.inspect(value), 'lua'))
  end
  return ('`%s`: `%s`'):format(name, tostring(value))
end

---@param found picode.Explanation
---@return string[]
local function page(found)
  local source = ('%s %s'):format(found.provider, found.model)
  local parts = {
    '# The last suggestion',
    fenced(found.text),
    ('It came from %s (%s).'):format(vim.trim(source), found.origin),
    '## What it was shown of other places',
  }
  for _, each in ipairs(found.context) do
    table.insert(parts, ('- `%s`, line %d (%d characters): %s'):format(each.path, each.line, each.characters, each.why))
  end
  if #found.context == 0 then
    table.insert(parts, 'Nothing.')
  end
  table.insert(parts, '## What was sent')
  table.insert(parts, ('`%s`, to `%s`'):format(found.dialect, found.path))
  local names = vim.tbl_keys(found.body)
  table.sort(names)
  for _, name in ipairs(names) do
    table.insert(parts, field(name, found.body[name]))
  end
  return vim.split(table.concat(parts, '\n\n'), '\n', { plain = true })
end

---@param text string[]
local function open(text)
  vim.cmd('botright new')
  local bufnr = api.nvim_get_current_buf()
  vim.bo[bufnr].buftype = 'nofile'
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].swapfile = false
  api.nvim_buf_set_name(bufnr, 'picode://suggestion/' .. bufnr)
  api.nvim_buf_set_lines(bufnr, 0, -1, false, text)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = 'markdown'
end

--- Opens it in a window.
function M.show()
  local notice = require('picode.notice')
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1] or vim.lsp.get_clients({ name = 'picode' })[1]
  if not client then
    return notice.tell('the server is not running. Open a file, or see :checkhealth picode.', vim.log.levels.WARN)
  end
  local command = { command = 'picode.explainSuggestion', arguments = {} }
  client:request('workspace/executeCommand', command, function(err, found)
    if err then
      return notice.tell('the server cannot explain suggestions: ' .. err.message, vim.log.levels.ERROR)
    end
    if not found or found == vim.NIL then
      return notice.hint('there was no suggestion lately that could be explained.')
    end
    open(page(found))
  end)
end

return M
