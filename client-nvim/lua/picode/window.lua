--- The window that answers are shown in: one, floating or a split.

local api = vim.api

local M = {}

---@type integer? the window
local current
---@type integer? the window that the user was in before
local origin

local LOCAL = {
  wrap = true,
  linebreak = true,
  breakindent = true,
  number = false,
  relativenumber = false,
  signcolumn = 'no',
  foldcolumn = '0',
  statuscolumn = '',
  spell = false,
  list = false,
  cursorline = false,
  -- What is written is what is shown: the address of a link, above all.
  conceallevel = 0,
  foldmethod = 'manual',
  foldenable = true,
  foldtext = '',
  fillchars = 'fold: ,eob: ',
}

---@return vim.api.keyset.win_config
local function float()
  local columns, lines = vim.o.columns, vim.o.lines - vim.o.cmdheight - 1
  -- Four fifths of a wide screen, and all of a narrow one.
  local width = math.max(20, math.min(100, math.max(math.floor(columns * 0.8), math.min(78, columns - 2))))
  local height = math.max(5, math.floor(lines * 0.7))
  local border = vim.fn.exists('&winborder') == 1 and vim.o.winborder ~= '' and vim.o.winborder or 'rounded'
  return {
    relative = 'editor',
    width = math.min(width, columns - 2),
    height = math.min(height, lines - 2),
    row = math.max(0, math.floor((lines - height) / 2) - 1),
    col = math.max(0, math.floor((columns - width) / 2)),
    border = border,
    zindex = 45,
  }
end

---@param bufnr integer
---@param enter boolean
---@return integer
local function create(bufnr, enter)
  local layout = require('picode.options').current.answer
  if layout == 'float' then
    return api.nvim_open_win(bufnr, enter, float())
  end
  return api.nvim_open_win(bufnr, enter, { split = layout == 'vsplit' and 'right' or 'below', win = 0 })
end

---@return boolean
local function is_open()
  return current ~= nil and api.nvim_win_is_valid(current)
end

--- Closes a window that is open in another tab: the answer belongs where the user is.
local function leave_other_tab()
  if is_open() and api.nvim_win_get_tabpage(current) ~= api.nvim_get_current_tabpage() then
    api.nvim_win_close(current, true)
  end
end

--- The window, if it shows the buffer.
---@param bufnr integer
---@return integer?
function M.of(bufnr)
  return is_open() and api.nvim_win_get_buf(current) == bufnr and current or nil
end

--- Shows a thread in place of the one before.
---@param thread picode.Thread
---@param enter boolean whether the cursor goes there
function M.open(thread, enter)
  local here = api.nvim_get_current_win()
  if here ~= current then
    origin = here
  end
  leave_other_tab()
  if is_open() then
    vim.wo[current][0].winfixbuf = false
    api.nvim_win_set_buf(current, thread.bufnr)
    if enter then
      api.nvim_set_current_win(current)
    end
  else
    current = create(thread.bufnr, enter)
  end
  for name, value in pairs(LOCAL) do
    vim.wo[current][0][name] = value
  end
  vim.wo[current][0].winfixbuf = true -- no other file takes its place by mistake
  M.title(thread)
  for _, fold in ipairs(thread.folds) do
    M.fold(thread.bufnr, fold[1], fold[2])
  end
  M.follow(thread.bufnr, { current })
end

--- Closes it; the cursor goes back to where it was.
function M.close()
  if is_open() then
    local was_inside = api.nvim_get_current_win() == current
    -- It can be the last window there is.
    if not pcall(api.nvim_win_close, current, true) then
      vim.wo[current][0].winfixbuf = false
      vim.cmd.enew()
    end
    if was_inside and origin and api.nvim_win_is_valid(origin) then
      api.nvim_set_current_win(origin)
    end
  end
  current = nil
end

--- The window of the code.
---@return integer?
function M.origin()
  return origin and api.nvim_win_is_valid(origin) and origin or nil
end

---@param text string
---@return string
local function literally(text)
  return (text:gsub('%c', ' '):gsub('%%', '%%%%'))
end

--- Writes the bar on top: what it is about, who answers, how far it has come.
---@param thread picode.Thread
function M.title(thread)
  local window = M.of(thread.bufnr)
  if not window then
    return
  end
  local keys = thread:is_busy() and '<C-c> stops' or 'i asks on · q closes'
  local said = vim.iter({ thread.model, thread.state }):filter(function(part)
    return part ~= ''
  end)
  -- Where there is too little room, the model's name goes first.
  local bar = ' %s · %%<%s%%= %s '
  bar = bar:format(literally(thread.title), literally(said:join(' · ')), keys)
  if vim.wo[window][0].winbar ~= bar then
    vim.wo[window][0].winbar = bar
  end
end

--- Folds lines away.
---@param bufnr integer
---@param first integer 1-based
---@param last integer
function M.fold(bufnr, first, last)
  local window = M.of(bufnr)
  if window then
    api.nvim_win_call(window, function()
      pcall(vim.cmd, ('%d,%dfold'):format(first, last))
    end)
  end
end

--- The windows that show the end of a buffer: where the user has not gone elsewhere to read.
---@param bufnr integer
---@return integer[]
function M.followers(bufnr)
  local last = api.nvim_buf_line_count(bufnr)
  return vim.tbl_filter(function(window)
    local reading = window == api.nvim_get_current_win() and api.nvim_get_mode().mode ~= 'n'
    return not reading and api.nvim_win_get_cursor(window)[1] == last
  end, vim.fn.win_findbuf(bufnr))
end

--- Goes to the end of a buffer in these windows.
---@param bufnr integer
---@param windows integer[]
function M.follow(bufnr, windows)
  local last = api.nvim_buf_line_count(bufnr)
  local col = #api.nvim_buf_get_lines(bufnr, last - 1, last, false)[1]
  for _, window in ipairs(windows) do
    api.nvim_win_set_cursor(window, { last, col })
    -- As much as there is room for: folding away what stood above leaves some.
    api.nvim_win_call(window, function()
      vim.cmd.normal({ 'zb', bang = true })
    end)
  end
end

--- Shows a row of a buffer at the top of the window.
---@param bufnr integer
---@param row integer 0-based
function M.show_row(bufnr, row)
  local window = M.of(bufnr)
  if window then
    api.nvim_win_set_cursor(window, { row + 1, 0 })
    api.nvim_win_call(window, function()
      vim.cmd.normal({ 'zt', bang = true })
    end)
  end
end

api.nvim_create_autocmd('VimResized', {
  group = api.nvim_create_augroup('picode.window', {}),
  callback = function()
    if is_open() and api.nvim_win_get_config(current).relative ~= '' then
      api.nvim_win_set_config(current, float())
    end
  end,
})

return M
