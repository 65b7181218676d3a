"""The embedded model: a small model in a process of its own, shared by all PiCode servers of a user.

`shared.EmbeddedModel` is what the rest of PiCode uses. From there down:

    shared          starts, joins and restarts the process; one per server
    model_file      where the model's file is; fetches it once (package_index, download)
    registry        how servers find the running process
    launch, lease   a server's view of the process: starting it, holding on to it
    control         what the two say to each other
    process         the process itself (leases, serving)

Nothing here imports httpx2, zipfile or llama.cpp before it is needed.
"""
