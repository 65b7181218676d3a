--- What happened in this session: the server's log messages, its states, what the user was told.

local api = vim.api

local M = {}

local KEPT = 1000

---@type string[]
local lines = {}

---@param text string
function M.add(text)
  for line in vim.gsplit(text, '\n', { plain = true, trimempty = true }) do
    table.insert(lines, os.date('%H:%M:%S ') .. line)
  end
  if #lines > 2 * KEPT then
    lines = vim.list_slice(lines, #lines - KEPT + 1)
  end
end

---@return string
local function neovim_log()
  return vim.lsp.log and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
end

--- What the server last wrote to its error output, which Neovim keeps in a log that all servers share.
---@return string[]
local function errors()
  local path = neovim_log()
  local file = io.open(path, 'rb')
  if not file then
    return {}
  end
  local size = file:seek('end')
  file:seek('set', math.max(0, size - 65536))
  local tail = file:read('*a')
  file:close()
  local found = {}
  for line in vim.gsplit(tail, '\n', { plain = true }) do
    if line:find('"stderr"', 1, true) and line:lower():find('picode', 1, true) then
      local text = line:match('"stderr"%s+"(.*)"%s*$') or line
      vim.list_extend(found, vim.split(text:gsub('\\n', '\n'):gsub('\\"', '"'), '\n', { trimempty = true }))
    end
  end
  return found
end

--- The log, with the server's error output at its end.
---@return string[]
function M.text()
  local text = vim.deepcopy(lines)
  local stderr = errors()
  if #stderr > 0 then
    vim.list_extend(text, { '', 'The server\'s error output, from ' .. neovim_log() .. ':' })
    vim.list_extend(text, stderr)
  end
  return #text > 0 and text or { 'Nothing has happened yet.' }
end

--- Opens the log in a window.
function M.show()
  local text = M.text()
  vim.cmd('botright new')
  local bufnr = api.nvim_get_current_buf()
  vim.bo[bufnr].buftype = 'nofile'
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].swapfile = false
  api.nvim_buf_set_name(bufnr, 'picode://log/' .. bufnr)
  api.nvim_buf_set_lines(bufnr, 0, -1, false, text)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = 'picodelog'
  vim.cmd.normal({ 'G', bang = true })
end

return M
