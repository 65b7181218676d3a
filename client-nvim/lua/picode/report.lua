--- Where things stand, for `:PiCode status`.

local M = {}

---@return string[]
function M.lines()
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'picode' })[1]
  if not client then
    local missing = require('picode.server').missing()
    local why = missing and ('the server is not installed (no "%s").'):format(missing)
      or 'not at work in this buffer. :checkhealth picode says why.'
    return { 'PiCode: ' .. why }
  end
  local status = require('picode.status').current()
  ---@cast status picode.Status
  local lines = {
    ('PiCode: %s%s'):format(status.kind, status.message ~= '' and ': ' .. status.message or ''),
    ('  model     %s'):format(vim.trim(status.provider .. ' ' .. status.model)),
    ('  server    %s %s'):format((client.server_info or {}).name or 'picode', (client.server_info or {}).version or ''),
    ('  workspace %s'):format(client.root_dir or 'none: a single file'),
    ('  trusted   %s'):format(require('picode.trust').trusts(client.root_dir) and 'yes' or 'no'),
    ('  drawn by  %s'):format(require('picode.suggestions').is_native() and 'Neovim' or 'extmarks'),
  }
  if status.progress then
    table.insert(lines, ('  progress  %s'):format(status.progress))
  end
  if vim.b.picode == false then
    table.insert(lines, '  off in this buffer; :PiCode enable buffer')
  end
  local fix = require('picode.fixes').title()
  if fix then
    table.insert(lines, ('  :PiCode fix  %s'):format(fix))
  end
  return lines
end

return M
