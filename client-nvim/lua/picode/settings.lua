--- The settings that the server gets: the user's own, and what was changed for this session.

local M = {}

---@type table
local session = {}

--- Without empty tables, which set nothing, and which JSON could not tell from empty lists.
---@param settings table
---@return table
local function without_empty(settings)
  local kept = {}
  for key, value in pairs(settings) do
    if type(value) == 'table' then
      value = without_empty(value)
    end
    if type(value) ~= 'table' or next(value) ~= nil then
      kept[key] = value
    end
  end
  return kept
end

--- Only what somebody set: the server has the defaults, and settings files that are weaker than the editor's.
---@return table
function M.explicit()
  local configured = vim.tbl_get(vim.lsp.config, 'picode', 'settings', 'picode') or {}
  local settings = without_empty(vim.tbl_deep_extend('force', configured, session))
  return next(settings) and settings or vim.empty_dict()
end

--- Tells the running servers.
function M.push()
  for _, client in ipairs(vim.lsp.get_clients({ name = 'picode' })) do
    client.settings.picode = M.explicit()
    client:notify('workspace/didChangeConfiguration', { settings = client.settings })
  end
end

--- Changes settings until Neovim ends.
---@param change table
function M.change(change)
  session = vim.tbl_deep_extend('force', session, change)
  M.push()
end

--- The value of a setting, or nil if only the server knows it.
---@param ... string
function M.get(...)
  return vim.tbl_get(M.explicit(), ...)
end

return M
