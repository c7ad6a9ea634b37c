"""How many replicas a deployment wants, where its queue does not say it."""
