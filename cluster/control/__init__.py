"""Who acts alone and what it does then: leases with a fencing token, the leader, its loops."""
