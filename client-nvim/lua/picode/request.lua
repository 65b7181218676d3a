--- Asks the server for suggestions. At most one question is open; a new one replaces it.

local sync = require('picode.sync')
local util = require('vim.lsp.util')

local M = {}

local METHOD = 'textDocument/inlineCompletion'

M.INVOKED, M.AUTOMATIC = 1, 2

---@class picode.Question
---@field client vim.lsp.Client
---@field kind integer
---@field id? integer

---@type picode.Question?
local open

---@param question? picode.Question
local function cancel(question)
  if question and question.id and not question.client:is_stopped() and question.client.requests[question.id] then
    question.client:cancel_request(question.id)
  end
end

--- The PiCode client of a buffer that can suggest.
---@param bufnr integer
---@return vim.lsp.Client?
function M.client(bufnr)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = 'picode' })) do
    if not client:is_stopped() and client:supports_method(METHOD, bufnr) then
      return client
    end
  end
end

--- What is reported as wrong on the cursor's line and those beside it, as the protocol has it; at most three.
---@param client vim.lsp.Client
---@param bufnr integer
---@param line integer
---@return lsp.Diagnostic[]
local function reported(client, bufnr, line)
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(bufnr)) do
    if #found < 3 and each.lnum <= line + 1 and (each.end_lnum or each.lnum) >= line - 1 then
      local function position(row, column)
        local text = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
        local index = math.min(column, #text)
        return { line = row, character = vim.str_utfindex(text, client.offset_encoding, index, false) }
      end
      table.insert(found, {
        range = {
          start = position(each.lnum, each.col),
          ['end'] = position(each.end_lnum or each.lnum, each.end_col or each.col),
        },
        severity = each.severity,
        source = each.source,
        message = each.message,
      })
    end
  end
  return found
end

--- Asks at the cursor of the current window. `answered` gets the items: nil means keep what is shown, an empty list
--- means that there is nothing to suggest. It is not called for a question that was replaced or cancelled.
---@param client vim.lsp.Client
---@param bufnr integer
---@param kind integer `INVOKED` or `AUTOMATIC`
---@param answered fun(items?: lsp.InlineCompletionItem[])
function M.send(client, bufnr, kind, answered)
  local params = util.make_position_params(0, client.offset_encoding)
  params.textDocument.version = sync.flush(client, bufnr)
  params.context = { triggerKind = kind }
  params.formattingOptions = {
    tabSize = util.get_effective_tabstop(bufnr),
    insertSpaces = vim.bo[bufnr].expandtab,
  }

  params.diagnostics = reported(client, bufnr, params.position.line)

  ---@type picode.Question
  local question = { client = client, kind = kind }
  local replaced = open
  open = question
  local sent, id = client:request(METHOD, params, function(_, result)
    if open ~= question then
      return
    end
    open = nil
    if result == nil or result == vim.NIL then
      answered(nil)
    else
      answered(result.items or result)
    end
  end, bufnr)
  question.id = sent and id or nil

  -- The old question goes after the new one is there: the server can then finish for the new one what it has begun
  -- for the old one, rather than break it off.
  cancel(replaced)
end

--- Whether an answer is awaited, of this kind if one is given.
---@param kind? integer
---@return boolean
function M.is_open(kind)
  return open ~= nil and (kind == nil or open.kind == kind)
end

function M.cancel()
  cancel(open)
  open = nil
end

return M
