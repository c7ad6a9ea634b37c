"""Strategies as people look at them: what there is, and what one of them takes and reads."""
