"""The scoring job: what a model version said, or would have said, of a universe over a span."""
