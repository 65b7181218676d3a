--- Keys of normal mode in a buffer where an edit waits for the user. They are there for as long as it does.

local keymaps = require('picode.keymaps')
local options = require('picode.options')

local M = {}

---@type table<string, string> action -> what is said of its key
local WORDS = {
  accept_edit = 'accepts',
  discard_edit = 'discards',
  again_edit = 'tries again',
  compare_edit = 'compares',
}

---@type table<string, string> action -> the function of `picode.edits`
local FUNCTIONS = {
  accept_edit = 'accept',
  discard_edit = 'discard',
  again_edit = 'again',
  compare_edit = 'compare',
}

---@param action string
function M.run(action)
  require('picode.edits')[FUNCTIONS[action]]()
end

---@param action string
---@return string? lhs
local function key_of(action)
  local lhs = options.current.keymaps[action]
  return lhs and vim.fn.hasmapto(keymaps.plug(action), 'n') == 0 and lhs or nil
end

---@param bufnr integer
function M.borrow(bufnr)
  for action in pairs(FUNCTIONS) do
    local lhs = key_of(action)
    if lhs then
      keymaps.borrow(bufnr, 'n', lhs, keymaps.DESCRIPTIONS.n[action], function()
        M.run(action)
      end)
    end
  end
end

---@param bufnr integer
function M.give_back(bufnr)
  keymaps.give_back(bufnr, 'n')
end

--- What the keys do, in a line, such as "ga accepts · gX discards".
---@param actions string[]
---@return string
function M.describe(actions)
  local parts = {}
  for _, action in ipairs(actions) do
    local lhs = key_of(action)
    if lhs then
      table.insert(parts, ('%s %s'):format(lhs, WORDS[action]))
    end
  end
  return #parts > 0 and table.concat(parts, ' · ') or ':PiCode accept, :PiCode discard'
end

return M
