"""What several machines or processes share in a Redis or Valkey server (`cache.url`).

Everything here works without it too, on its own, and says so once. Keys begin with `picode:` and the version of what is kept
under them. Nothing that is read is trusted to be what was written: others can write there.
"""
