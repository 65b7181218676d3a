--- Keys in insert mode. A key that has nothing to do here does what it did before PiCode.

local api = vim.api
local options = require('picode.options')

local M = {}

local DESCRIPTIONS = {
  accept = 'PiCode: accept the suggestion',
  accept_word = 'PiCode: accept a word of the suggestion',
  accept_line = 'PiCode: accept a line of the suggestion',
  dismiss = 'PiCode: dismiss the suggestion',
  next = 'PiCode: next suggestion',
  previous = 'PiCode: previous suggestion',
  suggest = 'PiCode: suggest now',
}

---@param action string
---@return string
local function plug(action)
  return ('<Plug>(picode-%s)'):format(action:gsub('_', '-'))
end

---@param keys string
---@return string
local function raw(keys)
  return api.nvim_replace_termcodes(keys, true, true, true)
end

---@param maps vim.api.keyset.get_keymap[]
---@param lhs string
---@return vim.api.keyset.get_keymap?
local function find(maps, lhs)
  local wanted = raw(lhs)
  return vim.iter(maps):find(function(map)
    return map.lhsraw == wanted or map.lhsrawalt == wanted
  end)
end

---@param map vim.api.keyset.get_keymap
---@return boolean
function M.is_ours(map)
  return map.desc ~= nil and vim.list_contains(vim.tbl_values(DESCRIPTIONS), map.desc)
end

--- Puts keys in front of what is still to be read, so that keys typed ahead stay behind them.
---@param keys string
---@param remap boolean
local function feed(keys, remap)
  api.nvim_feedkeys(keys, remap and 'im' or 'in', false)
end

---@param map vim.api.keyset.get_keymap
---@return string? keys nil: the mapping has done its work already
local function keys_of(map)
  -- Special keys are replaced in the text of an <expr> mapping too, before it is evaluated: "\<Tab>" means a tab there.
  local text = (map.rhs or ''):gsub('<SID>', ('<SNR>%d_'):format(map.sid))
  local rhs = raw(text)
  if map.expr == 0 and map.callback then
    map.callback()
    return nil
  elseif map.expr == 0 then
    return rhs
  elseif map.callback then
    local keys = map.callback() or ''
    return map.replace_keycodes == 1 and raw(keys) or keys
  end
  return tostring(api.nvim_eval(rhs))
end

--- Does what a key would do without PiCode.
---@param lhs string
---@param map? vim.api.keyset.get_keymap its mapping
local function fall_back(lhs, map)
  if not map then
    return feed(raw(lhs), false)
  end
  local keys = keys_of(map)
  if not keys then
    return
  end
  -- As in |recursive_mapping|: what begins with the mapped key itself is not mapped again there.
  local head = map.noremap == 0 and vim.startswith(keys, raw(lhs)) and raw(lhs) or ''
  feed(keys:sub(#head + 1), map.noremap == 0)
  if head ~= '' then
    feed(head, false)
  end
end

---@type table<integer, table<string, vim.api.keyset.get_keymap|false>> buffer -> key -> what it was mapped to there
local replaced = {}

--- Maps the keys of `setup{ keymaps }` in a buffer. An action that the user mapped through <Plug> gets no other key.
---@param bufnr integer
function M.attach(bufnr)
  if replaced[bufnr] then
    return
  end
  replaced[bufnr] = {}
  for action, lhs in pairs(options.current.keymaps) do
    if lhs and vim.fn.hasmapto(plug(action), 'i') == 0 then
      local before = find(api.nvim_buf_get_keymap(bufnr, 'i'), lhs)
      replaced[bufnr][lhs] = before or false
      vim.keymap.set('i', lhs, function()
        if not require('picode.suggestions')[action]() then
          -- The global mapping is looked up now, since it may be younger than the buffer.
          fall_back(lhs, before or find(api.nvim_get_keymap('i'), lhs))
        end
      end, { buffer = bufnr, desc = DESCRIPTIONS[action] })
    end
  end
end

--- Gives the keys back.
---@param bufnr integer
function M.detach(bufnr)
  local keys = replaced[bufnr] or {}
  replaced[bufnr] = nil
  if not api.nvim_buf_is_valid(bufnr) then
    return
  end
  for lhs, before in pairs(keys) do
    local now = find(api.nvim_buf_get_keymap(bufnr, 'i'), lhs)
    if now and M.is_ours(now) then
      api.nvim_buf_del_keymap(bufnr, 'i', lhs)
      if before then
        api.nvim_buf_call(bufnr, function()
          vim.fn.mapset('i', false, before)
        end)
      end
    end
  end
end

--- What a key of `setup{ keymaps }` is mapped to in a buffer.
---@param bufnr integer
---@param lhs string
---@return vim.api.keyset.get_keymap?
function M.mapping(bufnr, lhs)
  return find(api.nvim_buf_get_keymap(bufnr, 'i'), lhs)
end

--- Defines the <Plug> mappings, for users who choose their own keys.
function M.define_plugs()
  for action, description in pairs(DESCRIPTIONS) do
    vim.keymap.set('i', plug(action), function()
      require('picode.suggestions')[action]()
    end, { desc = description })
  end
end

return M
