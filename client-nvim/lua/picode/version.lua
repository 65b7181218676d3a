--- Which Neovim this plugin needs. Runs in Neovim 0.5 and later, so that an old one can say that it is too old.

local M = {}

M.needed = '0.11'

---@param has? fun(feature: string): integer instead of `vim.fn.has`
---@return boolean
function M.supported(has)
  return (has or vim.fn.has)('nvim-' .. M.needed) == 1
end

---@return string for example '0.11.4'
function M.running()
  local version = vim.version()
  return ('%d.%d.%d'):format(version.major, version.minor, version.patch)
end

---@return string what is wrong and what to do
function M.complaint()
  local text = 'PiCode needs Neovim %s or newer, and this is %s. Install a newer Neovim (https://neovim.io), '
    .. 'or remove PiCode from your plugins.'
  return text:format(M.needed, M.running())
end

local told = false

--- Says once that this Neovim is too old, if it is.
---@param has? fun(feature: string): integer instead of `vim.fn.has`
---@return boolean refused
function M.refuse(has)
  if M.supported(has) then
    return false
  end
  if not told then
    told = true
    -- Scheduled, so that it is read after the start screen is drawn rather than scrolled away by it.
    vim.schedule(function()
      vim.notify(M.complaint(), vim.log.levels.WARN)
    end)
  end
  return true
end

return M
