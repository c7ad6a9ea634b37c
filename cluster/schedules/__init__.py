"""Schedules: what runs by itself and when, each occurrence once, caught up once after an outage.

`table` says what there is, `planning` decides what an outage means, `planner` enters occurrences under
a lease, `worker` does what was entered, `runner.run` keeps both going.
"""
