"""The research ledger: every trial of a family of ideas, with its returns."""
