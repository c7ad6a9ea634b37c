"""Jobs wait in a queue in PostgreSQL with admission, and Ray runs them, always in a pool and never on the head.

`commands` is what the command line and the HTTP routes call, `rules` decides, `mover` moves the
queue under the leader of `cluster.control`.
"""
