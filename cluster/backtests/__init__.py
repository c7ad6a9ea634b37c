"""Runs of backtests: what was asked, how each fares, and its key figures."""
