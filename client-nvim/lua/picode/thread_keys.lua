--- Keys in the window of an answer. All of them are there in normal mode only.

local api = vim.api

local M = {}

local function hint(text)
  require('picode.notice').hint(text)
end

--- Opens the file whose name is under the cursor, if it is there, beside the answer. Never an address of the network, as
--- |gf| does with |netrw|: the name may be one that a model made up.
---@param thread picode.Thread
local function go_to_file(thread)
  local name = vim.fn.expand('<cfile>')
  local row = vim.fn.expand('<cWORD>'):match(':(%d+)')
  local path = name
  if not vim.startswith(name, '/') then
    path = vim.fs.joinpath(thread.root or vim.fn.getcwd(), name)
  end
  local stat = name ~= '' and not name:match('^%a[%w+.-]*://') and vim.uv.fs_stat(path)
  if not stat or stat.type ~= 'file' then
    return hint(('no file "%s" here.'):format(name))
  end
  local window = require('picode.window').origin()
  if not window then
    return hint('there is no window to open it in.')
  end
  api.nvim_set_current_win(window)
  vim.cmd.edit({ vim.fn.fnameescape(path) })
  if row then
    pcall(api.nvim_win_set_cursor, window, { tonumber(row), 0 })
  end
end

--- Opens an address of the web; nothing that names a program or a file.
local function open_address()
  local name = vim.fn.expand('<cfile>')
  if not name:match('^https?://') then
    return hint('only http and https addresses are opened from an answer.')
  end
  vim.ui.open(name)
end

--- The code block at the cursor, or the nearest one above.
---@param lines string[]
---@param row integer 1-based
---@return string[]?
function M.code_block(lines, row)
  local fence, first, found
  for index, line in ipairs(lines) do
    local mark = line:match('^%s*(```+)') or line:match('^%s*(~~~+)')
    if not fence and mark then
      fence, first = mark, index
    elseif fence and vim.startswith(vim.trim(line), fence) and vim.trim(line):match('^[`~]+$') then
      if first > row and found then
        break
      end
      found = vim.list_slice(lines, first + 1, index - 1)
      fence = nil
    end
  end
  return found
end

local function yank_code()
  local row = api.nvim_win_get_cursor(0)[1]
  local block = M.code_block(api.nvim_buf_get_lines(0, 0, -1, false), row)
  if not block then
    return hint('there is no code block.')
  end
  vim.fn.setreg(vim.v.register, block, 'l')
  hint(('%d lines yanked.'):format(#block))
end

---@param thread picode.Thread
local function stop(thread)
  if thread:is_busy() then
    require('picode.asks').stop(thread.turn.ask)
  end
end

---@param thread picode.Thread
function M.map(thread)
  ---@param lhs string
  ---@param description string
  ---@param run fun()
  local function key(lhs, description, run)
    vim.keymap.set('n', lhs, run, { buffer = thread.bufnr, nowait = true, desc = 'PiCode: ' .. description })
  end
  key('q', 'close the answer, and stop it if it is still being written', function()
    stop(thread)
    require('picode.window').close()
  end)
  key('<C-c>', 'stop the answer', function()
    stop(thread)
  end)
  for _, lhs in ipairs({ 'i', 'a', 'o', '<CR>' }) do
    key(lhs, 'ask on', function()
      require('picode.dispatch').ask_on(thread)
    end)
  end
  key('gy', 'yank the code block', yank_code)
  key('gx', 'open the address', open_address)
  for _, lhs in ipairs({ 'gf', 'gF', '<C-w>f', '<C-w>F', '<C-w>gf', '<C-w>gF' }) do
    key(lhs, 'go to the file', function()
      go_to_file(thread)
    end)
  end
end

return M
