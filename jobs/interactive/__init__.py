"""Backtests in Python and notebooks: people's own frames in, the engine, the job's figures and report out."""
