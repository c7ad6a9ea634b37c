"""Schedules: what runs by itself and when, each occurrence once, caught up once after an outage.

`table` says what there is, `rules` decides what an outage means, `planner` enters occurrences under
the leader of `cluster.control`, `worker` does what was entered.
"""
