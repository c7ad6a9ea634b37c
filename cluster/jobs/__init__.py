"""Jobs: submitted through Ray's job API, always to a pool and never to the head by default."""

from cluster.jobs.submission import JobOutcome, follow, submit

__all__ = ["JobOutcome", "follow", "submit"]
