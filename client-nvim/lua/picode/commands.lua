--- The `:PiCode` command. One table: what each word does, and what can follow it.

local M = {}

local function notice()
  return require('picode.notice')
end

--- Switches suggestions on or off, in this buffer or everywhere, until Neovim ends.
---@param on boolean
---@param where? string 'buffer' or nil
local function switch(on, where)
  if where == 'buffer' then
    vim.b.picode = on
    require('picode.attach').refresh()
  else
    require('picode.settings').change({ enabled = on })
  end
  if not on then
    require('picode.suggestions').dismiss()
  end
  local place = where == 'buffer' and 'in this buffer' or 'everywhere'
  notice().hint(('suggestions are %s %s.'):format(on and 'on' or 'off', place))
end

local function is_on(where)
  if where == 'buffer' then
    return vim.b.picode ~= false
  end
  return require('picode.settings').get('enabled') ~= false
end

local function show_status()
  local lines = require('picode.report').lines()
  vim.api.nvim_echo({ { table.concat(lines, '\n') } }, false, {})
end

local function trust()
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1]
  local root = client and client.root_dir
  if not root then
    return notice().tell('this buffer has no workspace to trust.', vim.log.levels.WARN)
  end
  require('picode.trust').trust(root)
  notice().hint(('trusted until Neovim ends (:help picode-trust): %s'):format(root))
end

---@class picode.Subcommand
---@field run fun(argument?: string)
---@field arguments? string[]

---@type table<string, picode.Subcommand>
local SUBCOMMANDS = {
  status = { run = show_status },
  suggest = {
    run = function()
      require('picode.suggestions').suggest()
    end,
  },
  model = {
    run = function()
      require('picode.models').choose()
    end,
  },
  enable = {
    arguments = { 'buffer' },
    run = function(where)
      switch(true, where)
    end,
  },
  disable = {
    arguments = { 'buffer' },
    run = function(where)
      switch(false, where)
    end,
  },
  toggle = {
    arguments = { 'buffer' },
    run = function(where)
      switch(not is_on(where), where)
    end,
  },
  fix = {
    run = function()
      require('picode.fixes').run()
    end,
  },
  trust = { run = trust },
  restart = {
    run = function()
      require('picode.server').restart()
    end,
  },
  log = {
    run = function()
      require('picode.log').show()
    end,
  },
  health = {
    run = function()
      vim.cmd.checkhealth('picode')
    end,
  },
}

--- Runs `:PiCode {words}`; without words, `:PiCode status`.
---@param words string[]
function M.run(words)
  local name, argument = words[1] or 'status', words[2]
  local subcommand = SUBCOMMANDS[name]
  local known = vim.tbl_keys(SUBCOMMANDS)
  table.sort(known)
  if not subcommand then
    local text = ('no command "%s". There are: %s'):format(name, table.concat(known, ', '))
    return notice().tell(text, vim.log.levels.ERROR)
  end
  if #words > 2 or (argument and not vim.list_contains(subcommand.arguments or {}, argument)) then
    return notice().tell((':PiCode %s does not take "%s".'):format(name, words[#words]), vim.log.levels.ERROR)
  end
  subcommand.run(argument)
end

--- What can stand where the cursor is in `:PiCode …`.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line), '%s+')
  local place = #words - (lead == '' and 0 or 1)
  local choices = {}
  if place == 1 then
    choices = vim.tbl_keys(SUBCOMMANDS)
  elseif place == 2 then
    choices = vim.deepcopy(vim.tbl_get(SUBCOMMANDS, words[2], 'arguments') or {})
  end
  table.sort(choices)
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
