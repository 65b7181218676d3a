"""Questions, edits and conversations: from a slash command to an answer that is kept."""
