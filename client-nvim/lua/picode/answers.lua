--- What the server says of answers: `picode/answer`.

local asks = require('picode.asks')
local fixes = require('picode.fixes')
local notice = require('picode.notice')

local M = {}

--- The thread of an answer that somebody else asked for: a lens, say.
---@param ask picode.Ask
---@param params picode.messages.AnswerParams
local function adopt(ask, params)
  if ask.thread or ask.output ~= 'prose' or not ask.adopted then
    return
  end
  local client = vim.lsp.get_client_by_id(ask.client_id)
  ask.thread = require('picode.thread').new({
    title = params.title or '',
    command = ask.command,
    root = client and client.root_dir,
  })
  ask.thread:begin(ask)
  require('picode.window').open(ask.thread, false)
end

---@type table<string, fun(ask: picode.Ask, params: picode.messages.AnswerParams)>
local STATES = {
  asked = function(ask, params)
    adopt(ask, params)
    if ask.thread then
      ask.thread:question(params.question or '')
    end
  end,
  waiting = function(ask, params)
    local wait = params.wait or {}
    if ask.thread then
      ask.thread:wait(wait.reason or '', wait.seconds or 0)
    else
      notice.hint(('/%s waits: %s'):format(ask.command, wait.reason or ''))
    end
  end,
  began = function(ask, params)
    if ask.thread then
      ask.thread:told(params)
      ask.thread:say((params.note or '') ~= '' and params.note or 'writing …')
    end
  end,
  growing = function(ask, params)
    local thread = ask.thread
    if thread and params.text then
      thread:settle(params.text) -- what was shown turned out to be reasoning
    end
    if thread and params.delta and params.delta ~= '' then
      if thread.state == 'thinking …' then
        thread:say('writing …')
      end
      thread:grow(params.delta)
    elseif thread and params.thinking == true then
      thread:say('thinking …')
    end
  end,
}

--- The states in which an answer is over. A state that is not known here is none of them.
local FINAL = { whole = true, cut = true, refused = true, stopped = true, failed = true }

--- The answer is over. What helps against its problem, `:PiCode fix` does.
---@param ask picode.Ask
---@param params picode.messages.AnswerParams
---@param client_id integer
local function over(ask, params, client_id)
  if params.remedy then
    fixes.offer(vim.tbl_extend('force', fixes.from_command(params.remedy, client_id), { lasting = true }))
  end
  asks.over(ask, params)
end

--- A notification of the server.
---@param params picode.messages.AnswerParams
---@param client_id integer
function M.on_answer(params, client_id)
  params = asks.without_null(params)
  local ask = asks.of(client_id, params)
  if not ask then
    return
  end
  if ask.thread and (params.conversation or '') ~= '' then
    ask.thread.conversation = params.conversation
  end
  if STATES[params.state] then
    STATES[params.state](ask, params)
  elseif FINAL[params.state] then
    over(ask, params, client_id)
  end
end

return M
