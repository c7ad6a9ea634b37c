"""Who may act alone: leases with a fencing token."""
