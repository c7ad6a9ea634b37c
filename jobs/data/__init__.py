"""Looking after market data: what is wrong with them, and what changed between two snapshots."""
