"""Ray's job API in front of the queue: what `ray job submit` from outside the cluster speaks."""
