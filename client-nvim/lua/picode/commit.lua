--- Commit messages: into the buffer that git opened for one, if nobody has written one there.

local api = vim.api
local notice = require('picode.notice')

local M = {}

local namespace = api.nvim_create_namespace('picode.commit')

---@param bufnr integer
---@return boolean
local function is_commit(bufnr)
  return api.nvim_buf_is_valid(bufnr) and vim.bo[bufnr].filetype == 'gitcommit'
end

---@param path string
---@return string?
local function first_line(path)
  local file = io.open(path, 'r')
  local line = file and file:read('*l')
  if file then
    file:close()
  end
  return line
end

--- The folder of the repository whose message a buffer holds: the one above `.git`, or the work tree that a folder of
--- `.git/worktrees` names. For another buffer it is the folder of its file.
---@param bufnr integer
---@return string?
function M.folder(bufnr)
  local name = api.nvim_buf_get_name(bufnr)
  if vim.bo[bufnr].buftype ~= '' or name == '' then
    return nil
  end
  local dir = vim.fs.dirname(vim.fs.normalize(name))
  if not is_commit(bufnr) then
    return dir
  end
  if vim.fs.basename(dir) == '.git' then
    return vim.fs.dirname(dir)
  end
  local gitdir = first_line(vim.fs.joinpath(dir, 'gitdir'))
  if gitdir and vim.fs.basename(gitdir) == '.git' then
    return vim.fs.dirname(vim.fs.normalize(gitdir))
  end
  return vim.fn.getcwd() -- git starts an editor at the top of the work tree: a submodule, say
end

--- How many lines stand above git's own, or nil if somebody has written there already.
---@param bufnr integer
---@return integer?
local function room(bufnr)
  local mark = vim.bo[bufnr].commentstring:match('^(.-)%s*%%s') or '#'
  for index, line in ipairs(api.nvim_buf_get_lines(bufnr, 0, -1, false)) do
    if vim.startswith(line, mark) then
      return index - 1
    elseif line:match('%S') then
      return nil
    end
  end
  return api.nvim_buf_line_count(bufnr)
end

---@param bufnr integer
---@param message string
---@return boolean
local function fill(bufnr, message)
  local above = is_commit(bufnr) and vim.bo[bufnr].modifiable and room(bufnr)
  if not above then
    return false
  end
  local lines = vim.split(vim.trim(message), '\n', { plain = true })
  table.insert(lines, '')
  local edit = require('picode.edit')
  edit.as_one_step(bufnr, function()
    api.nvim_buf_set_lines(bufnr, 0, above, false, lines)
  end)
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    api.nvim_win_set_cursor(window, { 1, 0 })
  end
  return true
end

---@param message string
---@param command picode.SlashCommand
local function show(message, command, result)
  local thread = require('picode.thread').new({
    title = command.title,
    command = command.name,
    conversation = result.conversation,
  })
  local ask = { command = command.name }
  thread:begin(ask)
  thread:question('/' .. command.name)
  thread:finish(ask, vim.tbl_extend('force', result, { text = message }))
  require('picode.window').open(thread, api.nvim_get_mode().mode == 'n')
end

--- What becomes of a message: shows where it will be until it is there.
---@param bufnr integer
---@param command picode.SlashCommand
---@return fun(result: picode.AskResult)
function M.on_end(bufnr, command)
  local mark
  if is_commit(bufnr) and room(bufnr) then
    mark = api.nvim_buf_set_extmark(bufnr, namespace, 0, 0, {
      virt_text = { { 'PiCode writes the message …', 'PiCodeEditPending' } },
    })
  end
  return function(result)
    if mark and api.nvim_buf_is_valid(bufnr) then
      api.nvim_buf_del_extmark(bufnr, namespace, mark)
    end
    local message = vim.trim(result.text or '')
    if (result.note or '') ~= '' then
      notice.hint(result.note)
    end
    if result.state == 'stopped' then
      return notice.hint('/commit was stopped.')
    elseif result.state == 'failed' then
      return -- the server has told why
    elseif message == '' then
      return
    end
    if message ~= '' and (result.state == 'whole') and fill(bufnr, message) then
      return
    end
    show(message, command, result)
  end
end

return M
