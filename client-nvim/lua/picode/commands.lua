--- The `:PiCode` command. One table: what each word does, and what can follow it. What begins with a slash is a slash command.

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

---@param name string of a function of `picode.edits`
---@return fun()
local function edits(name)
  return function()
    require('picode.edits')[name]()
  end
end

local function stop()
  local count = require('picode.asks').stop_all()
  notice().hint(count > 0 and 'stopped.' or 'there is nothing to stop.')
end

---@class picode.Subcommand
---@field run fun(argument?: string, stretch?: picode.Stretch)
---@field arguments? string[]
---@field words? boolean whether any text can follow, which is handed over whole
---@field range? boolean

---@type table<string, picode.Subcommand>
local SUBCOMMANDS = {
  status = { run = show_status },
  suggest = {
    run = function()
      require('picode.suggestions').suggest()
    end,
  },
  ['explain-suggestion'] = {
    run = function()
      require('picode.explanation').show()
    end,
  },
  model = {
    arguments = { 'chat' },
    run = function(purpose)
      require('picode.models').choose(purpose)
    end,
  },
  key = {
    words = true,
    run = function(provider)
      require('picode.keys').enter(provider ~= '' and provider or nil)
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
  trust = {
    run = function()
      require('picode.trust').trust_workspace()
    end,
  },
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
  ask = {
    words = true,
    range = true,
    run = function(words, stretch)
      require('picode.dispatch').run('ask', words, stretch)
    end,
  },
  chat = {
    words = true,
    run = function(words)
      require('picode.dispatch').chat(words)
    end,
  },
  answer = {
    run = function()
      require('picode.dispatch').show()
    end,
  },
  conversations = {
    words = true,
    run = function(words)
      require('picode.conversations').choose(words)
    end,
  },
  stop = { run = stop },
  accept = { run = edits('accept') },
  discard = { run = edits('discard') },
  again = { run = edits('again') },
  compare = { run = edits('compare') },
}

---@param name string without the slash; empty: the user chooses
---@param words string
---@param stretch? picode.Stretch
local function run_slash(name, words, stretch)
  if name ~= '' then
    return require('picode.dispatch').run(name, words, stretch)
  end
  require('picode.palette').choose(function(command)
    require('picode.dispatch').run(command.name, '', stretch)
  end)
end

---@class picode.Call as |nvim_create_user_command()| gives it
---@field args string
---@field range integer how many numbers stood before the command
---@field line1 integer
---@field line2 integer

--- What a call is about: its range, or what is selected while a <Cmd> mapping runs in visual mode.
---@param call picode.Call
---@return picode.Stretch?
local function stretch_of(call)
  local selection = require('picode.selection')
  if call.range > 0 then
    return selection.lines(call.line1, call.line2)
  elseif vim.list_contains({ 'v', 'V', '\22' }, vim.fn.mode()) then
    return selection.visual()
  end
end

--- Runs `:PiCode {words}`; without words, `:PiCode status`.
---@param call picode.Call
function M.run(call)
  local name, rest = call.args:match('^%s*(%S+)%s*(.-)%s*$')
  name = name or 'status'
  rest = rest or ''
  local stretch = stretch_of(call)
  if vim.startswith(name, '/') then
    return run_slash(name:sub(2):lower(), rest, stretch)
  end
  local subcommand = SUBCOMMANDS[name]
  if not subcommand then
    local known = vim.tbl_keys(SUBCOMMANDS)
    table.sort(known)
    local text = ('no command "%s". There are: %s, and those of :PiCode /'):format(name, table.concat(known, ', '))
    return notice().tell(text, vim.log.levels.ERROR)
  end
  if stretch and not subcommand.range then
    return notice().tell((':PiCode %s takes no range.'):format(name), vim.log.levels.ERROR)
  end
  if not subcommand.words and rest ~= '' and not vim.list_contains(subcommand.arguments or {}, rest) then
    return notice().tell((':PiCode %s does not take "%s".'):format(name, rest), vim.log.levels.ERROR)
  end
  subcommand.run((rest ~= '' or subcommand.words) and rest or nil, stretch)
end

--- Files as the server takes them: below the workspace's folder, behind a number sign.
---@param lead string begins with the sign
---@return string[]
local function files(lead)
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1]
  local folder = (client and client.root_dir or vim.fn.getcwd()):gsub('/$', '') .. '/'
  local found = vim.fn.getcompletion(folder .. lead:sub(2):gsub('^"', ''), 'file')
  return vim.tbl_map(function(path)
    local name = path:sub(#folder + 1)
    return name:match('%s') and ('#"%s"'):format(name) or '#' .. name
  end, found)
end

---@return string[]
local function slashes()
  return vim.tbl_map(function(command)
    return '/' .. command.name
  end, require('picode.palette').all())
end

--- What can stand where the cursor is in `:PiCode …`.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line), '%s+')
  local place = #words - (lead == '' and 0 or 1)
  local choices = {}
  local first = words[2] or ''
  local takes_words = vim.startswith(first, '/') or vim.tbl_get(SUBCOMMANDS, first, 'words')
  if place == 1 then
    choices = vim.list_extend(vim.tbl_keys(SUBCOMMANDS), slashes())
  elseif place >= 2 and takes_words and vim.startswith(lead, '#') then
    return files(lead)
  elseif place == 2 and first == '/help' then
    choices = slashes()
  elseif place == 2 then
    choices = vim.deepcopy(vim.tbl_get(SUBCOMMANDS, first, 'arguments') or {})
  end
  table.sort(choices)
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
