"""The source of a strategy, from its file or from a notebook's cell, as one hash."""

import hashlib
import inspect
import secrets

from cluster.own_code.sources import source_hash
from market.strategies import Strategy


def hash_of_source(kind: type[Strategy]) -> str:
    """That of its file, or of a notebook's class of its lines; random where there are none."""
    try:
        if kind.__module__ != "__main__":
            return source_hash(kind)
        return hashlib.sha256(inspect.getsource(kind).encode()).hexdigest()
    except (OSError, TypeError):
        # Lines that nobody can read again are never taken for others.
        return secrets.token_hex(32)
