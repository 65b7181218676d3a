"""Conversations in SQLite, for the port `ConversationStore`: `store` is the port, `file` the file that all servers share,
`rows` and `search` what is said to SQLite, `migrations` how older files become today's."""
