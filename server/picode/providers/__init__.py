"""Data: which providers there are, and what their models can do."""
