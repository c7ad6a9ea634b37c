"""What scientists and schedules run: `python -m jobs.NAME` on the cluster."""
