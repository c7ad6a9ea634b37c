"""Datasets, models, sweeps, evaluation and promotion."""
