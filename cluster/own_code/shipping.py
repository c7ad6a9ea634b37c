"""Code of one's own on its way to a job: its files as a bundle, beside the results."""

import hashlib
from io import BytesIO
from zipfile import ZipFile

from cluster.bundles import bundle as bundles
from cluster.bundles.bundle import Bundle
from cluster.errors import BadInput, StoreError
from cluster.own_code.files import Code
from cluster.settings import Settings


def ship(settings: Settings, code: Code) -> Bundle:
    """Store the files as a bundle; one that is there stays.

    Raises `BadInput` for code that can't travel (too large, with secrets, hiding a module) or
    has changed since it was read, and `StoreError` where it can't be stored.
    """
    code.require_shippable()
    bundle = bundles.pack_files(code.root, code.names, limit_bytes=settings.bundle_limit_bytes)
    _require_unchanged(code, bundle)
    try:
        bundles.store(settings, bundle)
    except OSError as exc:
        raise StoreError(f"the bundle can't be stored: {exc.strerror}") from exc
    return bundle


def _require_unchanged(code: Code, bundle: Bundle) -> None:
    with ZipFile(BytesIO(bundle.data)) as archive:
        packed = b"".join(archive.read(name) for name in code.names)
    if hashlib.sha256(packed).hexdigest() != code.sha256:
        first = code.root / code.names[0]
        raise BadInput(f"{first}: its source has changed since it was read; run it again")
