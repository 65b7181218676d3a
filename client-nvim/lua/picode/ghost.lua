--- Ghost text drawn with extmarks, in the buffer that is being typed into.
---
--- After each key the shown suggestion is compared with what was typed: it stays, shorter, while it still fits, and
--- a new question goes to the server (which waits for a pause in typing itself).

local api = vim.api
local candidate = require('picode.candidate')
local edit = require('picode.edit')
local render = require('picode.render')
local request = require('picode.request')

local M = {}

local namespace = api.nvim_create_namespace('picode.ghost')

---@class picode.Shown
---@field bufnr integer
---@field candidates picode.Candidate[]
---@field index integer the one on the screen
---@field all boolean whether the server was asked for all that it has

---@type picode.Shown?
local shown

--- Where the server was last asked, so that one key asks once however many events it fires.
---@type string?
local asked_at

---@return integer row 0-based
---@return integer col in bytes
local function cursor()
  local position = api.nvim_win_get_cursor(0)
  return position[1] - 1, position[2]
end

---@return string
local function place()
  local row, col = cursor()
  return ('%d:%d:%d:%d'):format(api.nvim_get_current_buf(), vim.b.changedtick, row, col)
end

---@return boolean
local function inserting()
  return vim.startswith(api.nvim_get_mode().mode, 'i')
end

---@type integer? the buffer with our marks
local marked

local function erase()
  if marked and api.nvim_buf_is_valid(marked) then
    api.nvim_buf_clear_namespace(marked, namespace, 0, -1)
  end
  marked = nil
end

---@param row integer
---@param col integer
---@param mark vim.api.keyset.set_extmark
local function place_mark(row, col, mark)
  mark.id = 1 -- one mark that moves, so that nothing flickers
  marked = api.nvim_get_current_buf()
  api.nvim_buf_set_extmark(marked, namespace, row, col, mark)
end

--- Takes the ghost text away and forgets it.
function M.clear()
  erase()
  shown = nil
end

--- What is left of the suggestion on the screen, or nil if there is none.
---@return string?
---@return picode.Candidate?
local function current()
  if not shown or shown.bufnr ~= api.nvim_get_current_buf() then
    return nil
  end
  local row, col = cursor()
  return candidate.rest(shown.candidates[shown.index], row, col), shown.candidates[shown.index]
end

---@return boolean
function M.visible()
  return inserting() and vim.fn.pumvisible() == 0 and current() ~= nil
end

--- How many rows of the window are below the cursor's line.
---@return integer
local function rows_below()
  local row = api.nvim_win_get_cursor(0)[1]
  local last = vim.fn.screenpos(0, row, math.max(vim.fn.col('$') - 1, 1)).row
  local window = vim.fn.getwininfo(api.nvim_get_current_win())[1]
  return window.winrow + window.height + window.winbar - 1 - math.max(last, 1)
end

--- Draws the suggestion anew at the cursor, or drops it if it does not fit what was typed.
local function draw()
  local rest, chosen = current()
  if not rest or not inserting() then
    return M.clear()
  end
  ---@cast chosen picode.Candidate
  if vim.fn.pumvisible() == 1 then
    return erase() -- the menu has the word; the suggestion comes back if it is left
  end
  local row, col = cursor()
  local before = api.nvim_get_current_line():sub(1, col)
  local more = shown.all and #shown.candidates > 1 and ('%d/%d'):format(shown.index, #shown.candidates) or nil
  local mark = render.extmark(rest, chosen.after, chosen.replaced, vim.fn.strdisplaywidth(before), more)
  local hidden = #(mark.virt_lines or {}) - rows_below()
  place_mark(row, col, hidden > 0 and render.with_hidden(mark, hidden) or mark)
end

--- Says something at the end of the line until the next key, where there is no suggestion: a message would hide behind
--- "-- INSERT --".
---@param text string empty: takes it away
function M.say(text)
  if shown or not inserting() then
    return
  elseif text == '' then
    return erase()
  end
  local row = cursor()
  place_mark(row, 0, { virt_text = { { text, 'PiCodeGhostMore' } }, virt_text_pos = 'eol' })
end

---@param items lsp.InlineCompletionItem[]
---@param client vim.lsp.Client
---@return picode.Candidate[]
local function fitting(items, client)
  local bufnr = api.nvim_get_current_buf()
  local row, col = cursor()
  local candidates = {}
  for _, item in ipairs(items) do
    local made = candidate.from_item(item, client, bufnr, row, col)
    if made and candidate.rest(made, row, col) then
      table.insert(candidates, made)
    end
  end
  return candidates
end

--- Asks the server at the cursor and shows its answer.
---@param kind integer
---@param show fun(candidates: picode.Candidate[])
local function ask(kind, show)
  local bufnr = api.nvim_get_current_buf()
  local client = request.client(bufnr)
  if not client then
    return
  end
  local asked = place()
  asked_at = asked
  request.send(client, bufnr, kind, function(items)
    -- If the cursor has moved, the next question is on its way, and what is shown is kept until it is answered.
    if items and inserting() and place() == asked then
      show(fitting(items, client))
    end
  end)
end

---@param candidates picode.Candidate[]
---@param index integer
---@param all boolean
local function present(candidates, index, all)
  M.clear()
  if #candidates > 0 then
    shown = { bufnr = api.nvim_get_current_buf(), candidates = candidates, index = index, all = all }
    draw()
  elseif all then
    M.say('no suggestion')
  end
end

local function ask_automatically()
  if not inserting() or vim.fn.pumvisible() == 1 or vim.fn.reg_executing() ~= '' or place() == asked_at then
    return
  end
  if shown and shown.all then
    return -- the user asked for these, and may have chosen one: they stay for as long as they fit
  end
  ask(request.AUTOMATIC, function(candidates)
    present(candidates, 1, false)
  end)
end

--- The candidates that fit at the cursor: `chosen` first, if there is one, and without those that would look like it.
---@param candidates picode.Candidate[]
---@param chosen? picode.Candidate
---@return picode.Candidate[]
local function distinct(candidates, chosen)
  local row, col = cursor()
  local rest = chosen and candidate.rest(chosen, row, col)
  local others = vim.tbl_filter(function(other)
    local its = candidate.rest(other, row, col)
    return its ~= nil and its ~= rest
  end, candidates)
  return vim.list_extend(rest and { chosen } or {}, others)
end

--- Asks for all that the server has, and shows the candidate that is `step` away from the one on the screen.
---@param step integer
local function ask_for_all(step)
  local _, on_screen = current()
  ask(request.INVOKED, function(candidates)
    local all = distinct(candidates, on_screen)
    present(all, step % math.max(#all, 1) + 1, true)
  end)
end

--- Asks for suggestions now, whatever is set about asking while typing.
function M.suggest()
  M.clear()
  ask_for_all(0)
end

--- Shows another candidate, asking the server for them first if need be.
---@param step integer 1: the next, -1: the previous
function M.select(step)
  if request.is_open(request.INVOKED) then
    return -- on their way
  end
  if not shown or not shown.all then
    return ask_for_all(step)
  end
  -- What was typed since may have ruled some out.
  local row, col = cursor()
  local chosen = shown.candidates[shown.index]
  local left = vim.tbl_filter(function(one)
    return candidate.rest(one, row, col) ~= nil
  end, shown.candidates)
  local index = vim.iter(left):enumerate():find(function(_, one)
    return one == chosen
  end)
  if index then
    present(left, (index - 1 + step) % #left + 1, true)
  else
    M.clear()
  end
end

--- Accepts what `take` takes of what is left.
---@param take fun(rest: string): string
---@return boolean accepted false if nothing is shown
function M.accept(take)
  local rest, chosen = current()
  if not rest or not M.visible() then
    return false
  end
  ---@cast chosen picode.Candidate
  local piece = take(rest)
  if piece == rest then
    M.clear()
    request.cancel()
  end
  edit.insert(chosen, rest, piece)
  draw()
  return true
end

--- Takes the suggestion away until the next key.
---@return boolean dismissed false if nothing is shown
function M.dismiss()
  if not M.visible() then
    return false
  end
  M.clear()
  request.cancel()
  return true
end

--- Starts to show ghost text in a buffer: `automatic` asks at each key, `follow` keeps what still fits after one.
---@param bufnr integer
---@param options { automatic: boolean, follow: boolean }
function M.attach(bufnr, options)
  local waiting = false

  local function changed()
    if options.follow then
      draw()
    elseif place() ~= asked_at then
      M.clear()
    end
    if options.automatic and not waiting then
      -- Scheduled, since one key fires several events, and the text it changes is whole only after the last.
      waiting = true
      vim.schedule(function()
        waiting = false
        if api.nvim_get_current_buf() == bufnr and vim.b[bufnr].picode ~= false then
          draw() -- a menu that was open may be gone by now
          ask_automatically()
        end
      end)
    end
  end

  local function left()
    M.clear()
    request.cancel()
    asked_at = nil
  end

  local group = api.nvim_create_augroup('picode.ghost.' .. bufnr, {})
  api.nvim_create_autocmd({ 'InsertEnter', 'TextChangedI', 'TextChangedP', 'CursorMovedI', 'CompleteDone' }, {
    group = group,
    buffer = bufnr,
    callback = changed,
  })
  api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, { group = group, buffer = bufnr, callback = left })

  -- The server may be ready only after the first keys.
  if api.nvim_get_current_buf() == bufnr and inserting() then
    changed()
  end
end

---@param bufnr integer
function M.detach(bufnr)
  pcall(api.nvim_del_augroup_by_name, 'picode.ghost.' .. bufnr)
  if shown and shown.bufnr == bufnr then
    M.clear()
  end
  asked_at = nil
end

return M
