--- A conversation as a Markdown buffer: questions, and answers as they arrive. What a model writes is text and nothing
--- else here: no modeline is read, nothing is concealed, nothing is run.

local api = vim.api

local M = {}

---@class picode.Turn
---@field ask? picode.Ask
---@field row integer where the answer begins, 0-based
---@field text string the answer as far as it is shown
---@field over? boolean

---@class picode.Thread
---@field bufnr integer
---@field title string
---@field command string of its first question
---@field conversation string the server's id; empty until it has one
---@field root? string the folder that file names are relative to
---@field about? table what the first question was about: uri, range, version
---@field state string for people
---@field model string that answers
---@field shown? string[] what the model was shown
---@field turn? picode.Turn the latest
---@field folds integer[][] first and last line, 1-based
local Thread = {}
Thread.__index = Thread

---@type picode.Thread[] the latest last
local threads = {}
local KEPT = 20
local number = 0

--- An error here must not keep a conversation from being shown: there may be no parser, or one that is too old.
---@param bufnr integer
local function colour(bufnr)
  vim.bo[bufnr].filetype = 'markdown'
  pcall(vim.treesitter.start, bufnr, 'markdown')
end

--- Lets go of those that nobody looked at for long. The conversations themselves are kept by the server.
local function tidy()
  for index = #threads - KEPT, 1, -1 do
    local thread = threads[index]
    local busy = thread.turn and not thread.turn.over
    if not busy and vim.fn.bufwinid(thread.bufnr) == -1 then
      table.remove(threads, index)
      pcall(api.nvim_buf_delete, thread.bufnr, { force = true })
    end
  end
end

---@param fields { title: string, command: string, root?: string, conversation?: string, about?: table }
---@return picode.Thread
function M.new(fields)
  number = number + 1
  local bufnr = api.nvim_create_buf(false, true) -- nofile, no swap file
  vim.bo[bufnr].bufhidden = 'hide'
  vim.bo[bufnr].modeline = false
  vim.bo[bufnr].undolevels = -1
  api.nvim_buf_set_name(bufnr, 'picode://answer/' .. number)
  colour(bufnr)
  vim.bo[bufnr].modifiable = false
  local thread = setmetatable({
    bufnr = bufnr,
    title = fields.title,
    command = fields.command,
    conversation = fields.conversation or '',
    root = fields.root,
    about = fields.about,
    state = '',
    model = '',
    folds = {},
  }, Thread)
  table.insert(threads, thread)
  require('picode.thread_keys').map(thread)
  tidy()
  return thread
end

--- The latest that is still there.
---@param suits? fun(thread: picode.Thread): boolean
---@return picode.Thread?
function M.latest(suits)
  threads = vim.tbl_filter(function(thread)
    return api.nvim_buf_is_valid(thread.bufnr)
  end, threads)
  for index = #threads, 1, -1 do
    if not suits or suits(threads[index]) then
      return threads[index]
    end
  end
end

--- Changes the text. Windows that show its end go on showing it.
---@param change fun(bufnr: integer)
function Thread:write(change)
  if not api.nvim_buf_is_valid(self.bufnr) then
    return
  end
  local window = require('picode.window')
  local followers = window.followers(self.bufnr)
  vim.bo[self.bufnr].modifiable = true
  change(self.bufnr)
  vim.bo[self.bufnr].modifiable = false
  vim.bo[self.bufnr].modified = false
  window.follow(self.bufnr, followers)
end

--- Adds lines at the end.
---@param lines string[]
function Thread:add(lines)
  self:write(function(bufnr)
    local empty = api.nvim_buf_line_count(bufnr) == 1 and api.nvim_buf_get_lines(bufnr, 0, 1, false)[1] == ''
    api.nvim_buf_set_lines(bufnr, empty and 0 or -1, -1, false, lines)
  end)
end

---@param first integer 1-based
---@param last integer
function Thread:fold(first, last)
  table.insert(self.folds, { first, last })
  require('picode.window').fold(self.bufnr, first, last)
end

---@param state string
function Thread:say(state)
  self.state = state
  require('picode.window').title(self)
end

--- Says why nothing comes yet, and counts down what is left of the wait.
---@param reason string
---@param seconds number
function Thread:wait(reason, seconds)
  local left = math.ceil(seconds)
  local state = left > 0 and ('waiting: %s, %d s left'):format(reason, left) or 'waiting for the model …'
  self:say(state)
  if left > 0 then
    vim.defer_fn(function()
      if self.state == state then -- nothing has come
        self:wait(reason, left - 1)
      end
    end, 1000)
  end
end

--- A question is on its way.
---@param ask picode.Ask
function Thread:begin(ask)
  self.turn = { ask = ask, row = api.nvim_buf_line_count(self.bufnr) - 1, text = '' }
  self.shown = nil
  self:say('asking …')
end

local LONG = 6 -- lines of a question that are not folded away

--- Shows the question, and makes room for the answer.
---@param question string
function Thread:question(question)
  local lines = vim.tbl_map(function(line)
    return line == '' and '>' or '> ' .. line
  end, vim.split(vim.trim(question), '\n', { plain = true }))
  local first = api.nvim_buf_line_count(self.bufnr)
  local again = first > 1
  if again then
    lines = vim.list_extend({ '', '---', '' }, lines)
  end
  local head = again and first + 4 or 1 -- the line, from 1, that the question begins in
  self:add(vim.list_extend(lines, { '', '' }))
  local last = api.nvim_buf_line_count(self.bufnr)
  self.turn.row = last - 1
  if last - 2 - head >= LONG then
    local blank = api.nvim_buf_get_lines(self.bufnr, head, head + 1, false)[1] == '>'
    self:fold(head + (blank and 2 or 1), last - 2)
  end
end

--- More of the answer.
---@param delta string
function Thread:grow(delta)
  local turn = self.turn
  turn.text = turn.text .. delta
  self:write(function(bufnr)
    local row = api.nvim_buf_line_count(bufnr) - 1
    local col = #api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1]
    api.nvim_buf_set_text(bufnr, row, col, row, col, vim.split(delta, '\n', { plain = true }))
  end)
end

--- Puts the text of an answer in place of what has arrived of it; what is the same is not touched.
---@param text string
function Thread:settle(text)
  local turn = self.turn
  if text == turn.text then
    return
  end
  turn.text = text
  self:write(function(bufnr)
    api.nvim_buf_set_lines(bufnr, turn.row, -1, false, vim.split(text, '\n', { plain = true }))
  end)
end

--- Puts the model's reasoning above its answer, folded.
---@param reasoning string
function Thread:reason(reasoning)
  local turn = self.turn
  local lines = { 'Reasoning' }
  for line in vim.gsplit(vim.trim(reasoning), '\n', { plain = true }) do
    table.insert(lines, line == '' and '>' or '> ' .. line)
  end
  local first = turn.row + 1
  self:write(function(bufnr)
    api.nvim_buf_set_lines(bufnr, turn.row, turn.row, false, vim.list_extend(lines, { '' }))
  end)
  turn.row = turn.row + #lines
  self:fold(first, first + #lines - 2)
end

---@param tokens { input: integer, output: integer }?
---@param cost number?
---@return string
local function spent(tokens, cost)
  local parts = {}
  if type(tokens) == 'table' and (tokens.input or 0) + (tokens.output or 0) > 0 then
    table.insert(parts, ('%d + %d tokens'):format(tokens.input or 0, tokens.output or 0))
  end
  if type(cost) == 'number' then
    table.insert(parts, ('$%.4f'):format(cost))
  end
  return table.concat(parts, ', ')
end

local ENDINGS = {
  whole = 'done',
  cut = 'cut: the answer reached its longest length',
  refused = 'the model declined to answer',
  stopped = 'stopped',
  failed = 'failed',
}

--- Says below what there is of the answer, or in its place, what went wrong, and what helps.
---@param problem string
---@param remedy? { title: string }
function Thread:tell_problem(problem, remedy)
  local lines = self.turn.text == '' and {} or { '' }
  if remedy then
    problem = ('%s\n\n`:PiCode fix`: %s'):format(problem, remedy.title)
  end
  for line in vim.gsplit(problem, '\n', { plain = true }) do
    table.insert(lines, line == '' and '>' or '> ' .. line)
  end
  local start = self.turn.text == '' and self.turn.row or -1
  self:write(function(bufnr)
    api.nvim_buf_set_lines(bufnr, start, -1, false, lines)
  end)
end

--- The answer is over.
---@param ask picode.Ask
---@param result picode.AskResult
function Thread:finish(ask, result)
  local turn = self.turn
  self.conversation = (result.conversation or '') ~= '' and result.conversation or self.conversation
  if not turn or turn.ask ~= ask or turn.over or not api.nvim_buf_is_valid(self.bufnr) then
    return
  end
  turn.over = true
  self:told(result)
  if type(result.text) == 'string' and result.text ~= '' then
    self:settle(result.text)
  end
  if type(result.reasoning) == 'string' and vim.trim(result.reasoning) ~= '' then
    self:reason(result.reasoning)
  end
  if result.problem and result.problem ~= '' then
    self:tell_problem((result.state == 'failed' and 'Failed: ' or '') .. result.problem, result.remedy)
  end
  if self.shown and #self.shown > 0 then
    local lines = { '', ('Shown to the model: %d'):format(#self.shown), '' }
    for _, each in ipairs(self.shown) do
      table.insert(lines, '- ' .. (tostring(each):gsub('%s+', ' ')))
    end
    self:add(lines)
    local last = api.nvim_buf_line_count(self.bufnr)
    self:fold(last - #self.shown - 1, last)
    self:write(function() end) -- there is room again
  end
  local cost = spent(result.usage, result.cost)
  if ask.output == 'local' then
    require('picode.window').show_row(self.bufnr, turn.row) -- it has come at once, and is read from its beginning
  end
  self:say((ENDINGS[result.state] or result.state) .. (cost ~= '' and ' · ' .. cost or ''))
end

--- Takes over who answers, and what they were shown.
---@param said { provider?: string, model?: string, shown?: string[], note?: string }
function Thread:told(said)
  local model = vim.trim(('%s %s'):format(said.provider or '', said.model or ''))
  self.model = model ~= '' and model or self.model
  self.shown = type(said.shown) == 'table' and said.shown or self.shown
end

---@return boolean
function Thread:is_busy()
  return self.turn ~= nil and not self.turn.over
end

return M
