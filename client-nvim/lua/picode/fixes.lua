--- The way out that a message of the server names; `:PiCode fix` takes it.

local M = {}

---@class picode.Fix
---@field title string
---@field client_id integer the server that named it
---@field run fun()
---@field drop? fun() called when it was not taken
---@field lasting? boolean whether it is no command of the server's state: it stays when the server is well again

---@type picode.Fix?
local offered

--- Commands that the server names and the editor carries out.
---@type table<string, fun(command: lsp.Command, context: table)>
M.client_commands = {
  ['picode.openSettings'] = function()
    vim.cmd.help('picode-settings')
  end,
  ['picode.showLog'] = function()
    require('picode.log').show()
  end,
  ['picode.restart'] = function()
    require('picode.server').restart()
  end,
  ['picode.trust'] = function()
    require('picode.trust').trust_workspace()
  end,
  ['picode.slash'] = function(command, context)
    require('picode.dispatch').run_server_command(command, context)
  end,
  ['picode.edit.again'] = function(command, context)
    local client = vim.lsp.get_client_by_id(context.client_id)
    if client then
      require('picode.dispatch').again(client, { id = command.arguments[1].id, bufnr = context.bufnr })
    end
  end,
  ['picode.selectModel'] = function(command)
    require('picode.models').choose((command.arguments or {})[1])
  end,
  ['picode.enterKey'] = function(command)
    require('picode.keys').enter((command.arguments or {})[1])
  end,
}

--- Offers a fix in place of the one before. A question that waits for the same thing stays.
---@param fix picode.Fix
function M.offer(fix)
  local before = offered
  if before and before.drop then
    if before.title == fix.title and before.client_id == fix.client_id then
      return
    end
    before.drop()
  end
  offered = fix
end

--- A server is well again: what its state offered is needless.
---@param client_id integer
function M.withdraw(client_id)
  if offered and offered.client_id == client_id and not offered.lasting then
    offered = nil
  end
end

--- A server is gone, and what it offered with it.
---@param client_id integer
function M.forget(client_id)
  if offered and offered.client_id == client_id then
    offered = nil
  end
end

---@return string? title of what `:PiCode fix` would do
function M.title()
  return offered and offered.title
end

--- A command of the server as a fix.
---@param command lsp.Command
---@param client_id integer
---@return picode.Fix
function M.from_command(command, client_id)
  return {
    title = command.title,
    client_id = client_id,
    run = function()
      local client = vim.lsp.get_client_by_id(client_id)
      if client and not client:is_stopped() then
        client:exec_cmd(command, {})
      elseif M.client_commands[command.command] then
        M.client_commands[command.command](command, {})
      end
    end,
  }
end

function M.run()
  local fix = offered
  if not fix then
    return require('picode.notice').hint('There is nothing to fix.')
  end
  offered = nil
  fix.run()
end

return M
