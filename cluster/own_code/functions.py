"""Functions of bars of a user's own by name, and what they print kept out of a document."""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from cluster.errors import BadInput
from cluster.own_code.modules import import_own, load
from cluster.own_code.references import parse_reference


def find_function(target: str) -> Callable[..., Any]:
    """What `FILE.py:NAME` or `MODULE:NAME` means: a function or a class. Raises BadInput."""
    reference = parse_reference(target)
    if not reference.name:
        raise BadInput(f"{target!r}: say which function, as {target}:NAME")
    place = reference.place
    module = load(reference).module if reference.is_file else import_own(place)
    if not hasattr(module, reference.name):
        raise BadInput(
            f"{'file' if reference.is_file else 'module'} {place} has no {reference.name}"
        )
    function = getattr(module, reference.name)
    if not callable(function):
        raise BadInput(f"{target} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]  # a module's attribute is untyped


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Whatever is printed meanwhile goes to standard error: by Python, by C code, by processes."""
    # What Python still holds back was written for standard output.
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what C code has printed and still holds back
        os.dup2(kept, 1)
        os.close(kept)
