--- Keys. Those of insert mode do what they did before where they have nothing to do here; those of normal mode are only there
--- while there is something to decide.

local api = vim.api
local options = require('picode.options')

local M = {}

--- What can be mapped, by mode.
---@type table<'i'|'n', table<string, string>>
M.DESCRIPTIONS = {
  i = {
    accept = 'PiCode: accept the suggestion',
    accept_word = 'PiCode: accept a word of the suggestion',
    accept_line = 'PiCode: accept a line of the suggestion',
    dismiss = 'PiCode: dismiss the suggestion',
    next = 'PiCode: next suggestion',
    previous = 'PiCode: previous suggestion',
    suggest = 'PiCode: suggest now',
  },
  n = {
    accept_edit = 'PiCode: accept the edit',
    discard_edit = 'PiCode: discard the edit',
    again_edit = 'PiCode: try the edit again',
    compare_edit = 'PiCode: compare the edit with the text',
  },
}

---@param action string
---@return string
function M.plug(action)
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
  return map.desc ~= nil and vim.startswith(map.desc, 'PiCode: ')
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

---@type table<string, table<string, vim.api.keyset.get_keymap|false>> mode and buffer -> key -> what it was mapped to there
local borrowed = {}

---@param bufnr integer
---@param mode string
---@return string
local function place(bufnr, mode)
  return mode .. bufnr
end

--- Maps a key in a buffer until it is given back.
---@param bufnr integer
---@param mode 'i'|'n'
---@param lhs string
---@param description string
---@param run fun(before?: vim.api.keyset.get_keymap) gets what the key was mapped to in the buffer
function M.borrow(bufnr, mode, lhs, description, run)
  local keys = borrowed[place(bufnr, mode)] or {}
  borrowed[place(bufnr, mode)] = keys
  if keys[lhs] == nil then
    keys[lhs] = find(api.nvim_buf_get_keymap(bufnr, mode), lhs) or false
  end
  local before = keys[lhs] or nil
  vim.keymap.set(mode, lhs, function()
    run(before)
  end, { buffer = bufnr, nowait = mode == 'n', desc = description })
end

--- Gives the borrowed keys of a buffer back.
---@param bufnr integer
---@param mode 'i'|'n'
function M.give_back(bufnr, mode)
  local keys = borrowed[place(bufnr, mode)] or {}
  borrowed[place(bufnr, mode)] = nil
  if not api.nvim_buf_is_valid(bufnr) then
    return
  end
  for lhs, before in pairs(keys) do
    local now = find(api.nvim_buf_get_keymap(bufnr, mode), lhs)
    if now and M.is_ours(now) then
      api.nvim_buf_del_keymap(bufnr, mode, lhs)
      if before then
        api.nvim_buf_call(bufnr, function()
          vim.fn.mapset(mode, false, before)
        end)
      end
    end
  end
end

--- Maps the keys of `setup{ keymaps }` in a buffer. An action that the user mapped through <Plug> gets no other key.
---@param bufnr integer
function M.attach(bufnr)
  if borrowed[place(bufnr, 'i')] then
    return
  end
  borrowed[place(bufnr, 'i')] = {}
  for action, description in pairs(M.DESCRIPTIONS.i) do
    local lhs = options.current.keymaps[action]
    if lhs and vim.fn.hasmapto(M.plug(action), 'i') == 0 then
      M.borrow(bufnr, 'i', lhs, description, function(before)
        if not require('picode.suggestions')[action]() then
          -- The global mapping is looked up now, since it may be younger than the buffer.
          fall_back(lhs, before or find(api.nvim_get_keymap('i'), lhs))
        end
      end)
    end
  end
end

--- Gives the keys of insert mode back.
---@param bufnr integer
function M.detach(bufnr)
  M.give_back(bufnr, 'i')
end

--- What a key of `setup{ keymaps }` is mapped to in a buffer.
---@param bufnr integer
---@param lhs string
---@return vim.api.keyset.get_keymap?
function M.mapping(bufnr, lhs)
  return find(api.nvim_buf_get_keymap(bufnr, 'i'), lhs)
end

--- Defines the <Plug> mappings, for users who choose their own keys: those of suggestions, of edits, and one for each
--- slash command.
function M.define_plugs()
  for action, description in pairs(M.DESCRIPTIONS.i) do
    vim.keymap.set('i', M.plug(action), function()
      require('picode.suggestions')[action]()
    end, { desc = description })
  end
  for action, description in pairs(M.DESCRIPTIONS.n) do
    vim.keymap.set('n', M.plug(action), function()
      require('picode.edit_keys').run(action)
    end, { desc = description })
  end
  for _, command in ipairs(require('picode.slash')) do
    local description = 'PiCode: ' .. command.title
    vim.keymap.set('n', M.plug(command.name), function()
      require('picode.dispatch').run(command.name, '')
    end, { desc = description })
    vim.keymap.set('x', M.plug(command.name), function()
      require('picode.dispatch').run(command.name, '', require('picode.selection').visual())
    end, { desc = description })
  end
end

return M
