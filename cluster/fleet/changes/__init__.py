"""What `ray up` would change on a cluster that runs."""
