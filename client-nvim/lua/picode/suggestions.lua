--- What can be done with suggestions, whoever draws them: Neovim (`native`) or this plugin (`ghost`).

local api = vim.api
local candidate = require('picode.candidate')
local ghost = require('picode.ghost')
local native = require('picode.native')
local options = require('picode.options')

local M = {}

---@return boolean whether Neovim draws
function M.is_native()
  return options.current.ghost == 'native' and native.available()
end

---@param bufnr integer
function M.attach(bufnr)
  local by_neovim = M.is_native()
  local automatic = options.current.automatic and vim.b[bufnr].picode ~= false
  if by_neovim then
    native.enable(bufnr, automatic)
  end
  ghost.attach(bufnr, { automatic = options.current.automatic and not by_neovim, follow = not by_neovim })
end

---@param bufnr integer
function M.detach(bufnr)
  ghost.detach(bufnr)
end

---@return boolean
function M.visible()
  return ghost.visible() or (M.is_native() and native.visible())
end

---@param take fun(rest: string): string
---@return boolean
local function accept_now(take)
  return ghost.accept(take) or (M.is_native() and native.accept(take))
end

---@type (fun(rest: string): string)?
local postponed

--- Accepts what was to be accepted while a completion went on.
function M.accept_postponed()
  local take = postponed
  postponed = nil
  if take then
    accept_now(take)
  end
end

--- Accepts what `take` takes of what is left. A completion (|ins-completion|) that goes on is ended first, with its text as it
--- is: at its end Vim puts back what it had at the cursor, over what was inserted meanwhile. It goes on without a menu too,
--- where there is one match.
---@param take fun(rest: string): string
---@return boolean accepted false if nothing is shown
local function accept(take)
  if vim.fn.complete_info({ 'mode' }).mode == '' or not M.visible() then
    return accept_now(take)
  end
  postponed = take
  local keys = '<C-x><C-z><Cmd>lua require("picode.suggestions").accept_postponed()<CR>'
  api.nvim_feedkeys(api.nvim_replace_termcodes(keys, true, false, true), 'in', false)
  return true
end

---@return boolean accepted false if nothing is shown
function M.accept()
  return accept(function(rest)
    return rest
  end)
end

---@return boolean
function M.accept_word()
  return accept(candidate.first_word)
end

---@return boolean
function M.accept_line()
  return accept(candidate.first_line)
end

---@return boolean dismissed false if nothing is shown
function M.dismiss()
  return ghost.dismiss() or (M.is_native() and native.dismiss())
end

---@param step integer
---@return boolean
local function select(step)
  if M.is_native() then
    native.dismiss()
  end
  ghost.select(step)
  return true
end

--- Shows the next candidate.
---@return boolean
function M.next()
  return select(1)
end

--- Shows the previous candidate.
---@return boolean
function M.previous()
  return select(-1)
end

--- Asks for suggestions now. From normal mode, insert mode is started at the cursor first.
---@return boolean
function M.suggest()
  local function ask()
    if M.is_native() then
      native.dismiss()
    end
    ghost.suggest()
  end
  if vim.startswith(api.nvim_get_mode().mode, 'i') then
    ask()
  else
    api.nvim_create_autocmd('InsertEnter', { once = true, callback = vim.schedule_wrap(ask) })
    local at_end = vim.fn.col('.') >= vim.fn.col('$') - 1
    vim.cmd.startinsert({ bang = at_end })
  end
  return true
end

return M
