"""What several machines or processes share in a Redis or Valkey server (`cache.url`).

While it is out of reach, everything works with this machine's own state, and the log says so once. Keys begin with `picode:`
and a version. What is read is validated: other programs can write there.
"""
