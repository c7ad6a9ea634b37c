"""The backtest job: a plan, shards that Ray Data runs anywhere, and result files."""
