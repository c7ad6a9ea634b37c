"""The source of a strategy as one hash."""

import hashlib
import inspect
from pathlib import Path

from cluster.own_code.files import Code
from market.strategies import Strategy


def source_hash(strategy: type[Strategy], code: Code | None = None) -> str:
    """The SHA-256 of the file that a strategy stands in, as `sha256sum` prints it.

    Of a strategy derived from others, over its own file and theirs. `code` are the files of one's
    own that it was loaded from: with what they import, and as they were read.
    """
    own = [kind for kind in strategy.__mro__ if issubclass(kind, Strategy) and kind is not Strategy]
    files = dict.fromkeys(Path(inspect.getfile(kind)) for kind in own)
    if code is None:
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    others = [file for file in files if code.root not in file.parents]
    if not others:
        return code.sha256
    parts = (code.sha256.encode(), *(file.read_bytes() for file in others))
    return hashlib.sha256(b"".join(parts)).hexdigest()
