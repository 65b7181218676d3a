--- What the server says to the editor, beyond what Neovim handles itself.

local edit = require('picode.edit')
local fixes = require('picode.fixes')
local log = require('picode.log')
local notice = require('picode.notice')
local status = require('picode.status')

local levels = vim.log.levels
-- By LSP's MessageType: error, warning, information, log, debug.
local LEVELS = { levels.ERROR, levels.WARN, levels.INFO, levels.INFO, levels.DEBUG }

--- Tells what the server says, and how to take the way out that it names.
---@param params lsp.ShowMessageParams
local function tell(params)
  local text = params.message:gsub('^PiCode: ', '')
  local fix = fixes.title()
  notice.tell(text, LEVELS[params.type], fix and ':PiCode fix: ' .. fix)
end

--- The buffer that an edit changes; nil if it changes none that is loaded, or several.
---@param change lsp.WorkspaceEdit
---@return integer?
local function touched(change)
  local uris = vim.tbl_keys(change.changes or {})
  for _, each in ipairs(change.documentChanges or {}) do
    table.insert(uris, vim.tbl_get(each, 'textDocument', 'uri'))
  end
  local bufnr = #uris == 1 and require('picode.attach').buffer_of(uris[1])
  return bufnr and vim.api.nvim_buf_is_loaded(bufnr) and bufnr or nil
end

--- Makes the text edits of a change in a buffer without a name, which Neovim does not find by its URI.
---@param bufnr integer
---@param change lsp.WorkspaceEdit
---@param client_id integer
---@return lsp.ApplyWorkspaceEditResult
local function apply_unnamed(bufnr, change, client_id)
  local util = require('vim.lsp.util')
  local client = assert(vim.lsp.get_client_by_id(client_id))
  local lists = vim.tbl_values(change.changes or {})
  for _, each in ipairs(change.documentChanges or {}) do
    local version = each.textDocument.version
    if type(version) == 'number' and version > 0 and (util.buf_versions[bufnr] or 0) > version then
      return { applied = false, failureReason = 'The buffer has changed since.' }
    end
    table.insert(lists, each.edits)
  end
  for _, edits in ipairs(lists) do
    util.apply_text_edits(edits, bufnr, client.offset_encoding, change.changeAnnotations)
  end
  return { applied = true }
end

---@type table<string, lsp.Handler>
return {
  ['picode/status'] = function(_, params, context)
    status.set(context.client_id, params)
  end,

  ['picode/answer'] = function(_, params, context)
    require('picode.answers').on_answer(params, context.client_id)
  end,

  ['picode/edit'] = function(_, params, context)
    require('picode.edits').on_edit(params, context.client_id)
  end,

  -- An edit is one undo step, also when it comes while somebody types.
  ['workspace/applyEdit'] = function(err, params, context, config)
    local bufnr = touched(params.edit)
    local function apply()
      if bufnr and vim.api.nvim_buf_get_name(bufnr) == '' then
        return apply_unnamed(bufnr, params.edit, context.client_id)
      end
      return vim.lsp.handlers['workspace/applyEdit'](err, params, context, config)
    end
    if not bufnr then
      return apply()
    end
    return edit.as_one_step(bufnr, apply)
  end,

  ['window/showMessage'] = function(_, params)
    tell(params)
  end,

  -- Neovim's own handler would stop the user in the middle of typing to choose. The question waits for `:PiCode fix`.
  ['window/showMessageRequest'] = function(_, params, context)
    local action = (params.actions or {})[1]
    if not action then
      tell(params)
      return vim.NIL
    end
    local asking = coroutine.running()
    local function answer(choice)
      return vim.schedule_wrap(function()
        coroutine.resume(asking, choice)
      end)
    end
    fixes.offer({
      title = action.title,
      client_id = context.client_id,
      run = answer(action),
      drop = answer(vim.NIL),
      lasting = true,
    })
    tell(params)
    return coroutine.yield()
  end,

  ['window/logMessage'] = function(_, params)
    log.add(params.message)
  end,
}
