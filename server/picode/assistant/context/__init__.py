"""What of other places helps a model at a cursor.

In two steps. Slow and in a thread, for each document now and then: what its imports lead to (`modules`, `build_files`,
`imported`), what needs no import (`reach`), from the files of the workspace (`workspace_index`) and those that are open
(`open_files`); `neighbours` puts them together. Fast, for each prompt: what of that is needed at the cursor
(`definitions`, `similar`, `edits`, `notebook`), and
how much of it there is room for (`selection`). `gather` drives both.
"""
