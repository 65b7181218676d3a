"""The embedded model: a small model in a process of its own, shared by all PiCode servers of a user.

`shared.EmbeddedModel` is what the rest of PiCode uses. From there down:

    shared          the model as one server sees it: started, joined, restarted, left alone after failures
    options         what it is started with
    launch, lease   starting the process or joining one that runs; holding on to it
    control         how servers find the process, and what the two say to each other
    process         the process itself, and the servers that hold it (serving: llama.cpp)
    model_file      where the model's file is; fetches it once (download: with resume and a checked hash)
    pull            models that the user fetches (pulled_models: those that are there)

Nothing here imports httpx2, zipfile or llama.cpp before it is needed.
"""
