"""A day of a cluster before there is one: Ray's own scheduler decides, the rest is played."""
