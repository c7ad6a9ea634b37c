"""Jobs: a queue with admission in PostgreSQL, run by Ray, always in a pool and never on the head.

`cluster.jobs.queue` is what the command line and the HTTP routes call; `cluster.jobs.loop` is what
moves the queue, in the application `control`.
"""
