"""Models as artifacts: what a replica loads, and what training registers."""
