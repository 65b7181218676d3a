"""The only speaker of LSP."""
