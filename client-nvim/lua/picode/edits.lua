--- Edits while they are written, and until the user has decided: `picode/edit`.

local api = vim.api
local asks = require('picode.asks')
local edit_marks = require('picode.edit_marks')
local notice = require('picode.notice')

local M = {}

local namespace = api.nvim_create_namespace('picode.edits')

---@class picode.Edit
---@field id string
---@field client_id integer
---@field bufnr integer
---@field row integer where it begins, 0-based
---@field title string
---@field state 'streaming'|'ready'
---@field lines picode.DiffLine[]
---@field marks integer[]
---@field command string that it answers

---@type table<string, picode.Edit> those that wait for the user
local pending = {}
---@type table<integer, picode.Edit> buffer -> the edit that was settled last
local settled = {}

---@param edit picode.Edit
local function undraw(edit)
  if api.nvim_buf_is_valid(edit.bufnr) then
    for _, mark in ipairs(edit.marks) do
      api.nvim_buf_del_extmark(edit.bufnr, namespace, mark)
    end
  end
  edit.marks = {}
end

---@param edit picode.Edit
---@return string
local function hint(edit)
  local keys = require('picode.edit_keys')
  if edit.state == 'streaming' then
    return ('%s … %s'):format(edit.title, keys.describe({ 'discard_edit' }))
  end
  local actions = { 'accept_edit', 'discard_edit', 'again_edit', 'compare_edit' }
  return ('%s  %s'):format(edit.title, keys.describe(actions))
end

--- Lines that come above the first line of a buffer are out of sight, unless the window is told to show them.
---@param edit picode.Edit
local function reveal(edit)
  local count = 0
  for _, line in ipairs(edit.lines) do
    if line.kind ~= '+' then
      break
    end
    count = count + 1
  end
  if edit.row > 0 or count == 0 then
    return
  end
  for _, window in ipairs(vim.fn.win_findbuf(edit.bufnr)) do
    api.nvim_win_call(window, function()
      if vim.fn.line('w0') == 1 then
        vim.fn.winrestview({ topfill = count })
      end
    end)
  end
end

--- Draws what there is to see now. Old marks go and new ones come within one redraw.
---@param edit picode.Edit
---@return boolean drawn false: its lines are not there any more
local function draw(edit)
  undraw(edit)
  local row = edit_marks.locate(edit.bufnr, edit_marks.original(edit.lines), edit.row)
  if not row then
    return false
  end
  edit.row = row
  local last = api.nvim_buf_line_count(edit.bufnr) - 1
  local marks = api.nvim_buf_call(edit.bufnr, function()
    return edit_marks.marks(edit.lines, row, hint(edit))
  end)
  for _, mark in ipairs(marks) do
    table.insert(edit.marks, api.nvim_buf_set_extmark(edit.bufnr, namespace, math.min(mark[1], last), 0, mark[2]))
  end
  reveal(edit)
  return true
end

---@param edit picode.Edit
local function drop(edit)
  undraw(edit)
  pending[edit.id] = nil
  settled[edit.bufnr] = edit
  if not next(M.of(edit.bufnr)) then
    require('picode.edit_keys').give_back(edit.bufnr)
  end
end

--- A notification of the server.
---@param params { id: string, uri: string, range: lsp.Range, title: string, state: string, lines: picode.DiffLine[], reason?: string }
---@param client_id integer
function M.on_edit(params, client_id)
  params = asks.without_null(params)
  local edit = pending[params.id]
  if params.state ~= 'streaming' and params.state ~= 'ready' then
    if edit then
      drop(edit)
    end
    return -- the response tells why, or the server has
  end
  if not edit then
    local bufnr = require('picode.attach').buffer_of(params.uri)
    if not api.nvim_buf_is_loaded(bufnr) then
      return
    end
    local ask = asks.of(client_id, params)
    if not ask then
      return
    end
    edit = { id = params.id, client_id = client_id, bufnr = bufnr, row = params.range.start.line, command = ask.command }
    edit.marks = {}
    pending[params.id] = edit
    require('picode.edit_keys').borrow(bufnr)
  end
  edit.title, edit.state, edit.lines = params.title, params.state, params.lines or {}
  draw(edit)
end

--- The edits of a buffer that wait for the user, from top to bottom.
---@param bufnr integer
---@return picode.Edit[]
function M.of(bufnr)
  local found = vim.tbl_filter(function(edit)
    return edit.bufnr == bufnr
  end, vim.tbl_values(pending))
  table.sort(found, function(one, other)
    return one.row < other.row
  end)
  return found
end

--- Where an edit begins now, and how many lines it is about.
---@param edit picode.Edit
---@return integer row
---@return integer count
local function place(edit)
  local mark = edit.marks[1] and api.nvim_buf_get_extmark_by_id(edit.bufnr, namespace, edit.marks[1], {})
  return mark and mark[1] or edit.row, #edit_marks.original(edit.lines)
end

--- The edit at the cursor, or the nearest of this buffer.
---@return picode.Edit?
local function nearest()
  local cursor = api.nvim_win_get_cursor(0)[1] - 1
  local best, least
  for _, edit in ipairs(M.of(api.nvim_get_current_buf())) do
    local row, count = place(edit)
    local distance = cursor < row and row - cursor or math.max(0, cursor - row - count + 1)
    if not least or distance < least then
      best, least = edit, distance
    end
  end
  return best
end

---@param edit picode.Edit
---@param name string
---@param answered fun(err: lsp.ResponseError?, result: any)
local function tell(edit, name, answered)
  local client = vim.lsp.get_client_by_id(edit.client_id)
  if not client then
    return answered({ code = 0, message = 'the server is not running any more.' }, nil)
  end
  local params = { command = name, arguments = { { id = edit.id } } }
  client:request('workspace/executeCommand', params, answered, edit.bufnr)
end

---@param edit picode.Edit
local function stop(edit)
  for _, ask in ipairs(asks.all()) do
    if ask.id == edit.id and ask.client_id == edit.client_id then
      asks.stop(ask)
    end
  end
end

---@return picode.Edit?
local function chosen()
  local edit = nearest()
  if not edit then
    notice.hint('there is no edit to decide about in this buffer.')
  end
  return edit
end

--- Takes the edit over: the server applies it, as one undo step.
function M.accept()
  local edit = chosen()
  if not edit then
    return
  elseif edit.state == 'streaming' then
    return notice.hint('the edit is still being written.')
  end
  undraw(edit)
  tell(edit, 'picode.edit.accept', function(err, result)
    if not err and type(result) == 'table' and result.applied then
      return drop(edit)
    end
    draw(edit)
    local reason = err and err.message or type(result) == 'table' and result.reason or 'the server did not say why'
    notice.tell('the edit was not applied: ' .. reason, vim.log.levels.WARN)
  end)
end

--- Drops the edit; one that is being written is stopped.
function M.discard()
  local edit = chosen()
  if not edit then
    return
  end
  if edit.state == 'streaming' then
    stop(edit)
  else
    tell(edit, 'picode.edit.discard', function() end)
  end
  drop(edit)
end

--- Asks for another one in place of this, or of the one that was accepted or dropped last.
function M.again()
  local bufnr = api.nvim_get_current_buf()
  local edit = nearest() or settled[bufnr]
  local client = edit and vim.lsp.get_client_by_id(edit.client_id)
  if not edit or not client then
    return notice.hint('there is no edit in this buffer that could be tried again.')
  end
  if pending[edit.id] then
    stop(edit)
    drop(edit)
  end
  require('picode.dispatch').again(client, edit)
end

--- Shows the text before and after the edit side by side.
function M.compare()
  local edit = chosen()
  if edit and edit.state == 'streaming' then
    return notice.hint('the edit is still being written.')
  elseif edit then
    require('picode.compare').show(edit.client_id, edit.id)
  end
end

--- A server is gone: nobody could apply its edits.
---@param client_id integer
function M.forget(client_id)
  for _, edit in ipairs(vim.tbl_values(pending)) do
    if edit.client_id == client_id then
      drop(edit)
    end
  end
end

return M
