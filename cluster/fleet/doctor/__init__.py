"""What is wrong with a cluster that runs: each node looked at by Ray itself, then judged by rules."""
