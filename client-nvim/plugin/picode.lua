-- Sourced by every Neovim, however old: the version is looked at before anything newer than 0.7 is used.
if vim.g.loaded_picode then
  return
end
vim.g.loaded_picode = true

if require('picode.version').refuse() then
  return
end

require('picode.start')
