"""Universes of requests: which instruments are meant, and whether their data can carry what is asked."""
