"""Everything that makes numbers: arrays and values in and out; no Ray, I/O, clock or environment."""
