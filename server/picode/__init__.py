"""PiCode: an AI coding assistant as a language server, compatible with any LLM."""

__version__ = "0.1.0"
