"""The feed of quotes between the writer and the replicas: what the two must agree on."""
