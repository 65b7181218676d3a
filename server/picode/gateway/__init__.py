"""The HTTP API for other programs: PiCode's own, and the shapes that OpenAI's and Anthropic's clients know."""
