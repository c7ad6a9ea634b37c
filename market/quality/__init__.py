"""Whether bars and quotes can be trusted: what is missing, out of order, unlikely, stale or refused."""
