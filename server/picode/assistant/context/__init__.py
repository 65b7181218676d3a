"""What of other places helps a model at a cursor.

In two steps. Slow and in a thread, for each document now and then: what it imports, and what the other open files hold
(`neighbours`). Fast, for each prompt: what of that is needed at the cursor (`definitions`, `similar`, `edits`), and how much of
it there is room for (`selection`). `gather` drives both.
"""
