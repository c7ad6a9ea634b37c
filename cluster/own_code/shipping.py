"""Code of one's own on its way to a job: its files as a bundle, beside the results."""

from cluster.bundles import bundle as bundles
from cluster.bundles.bundle import Bundle
from cluster.errors import StoreError
from cluster.own_code.files import Code
from cluster.settings import Settings


def ship(settings: Settings, code: Code) -> Bundle:
    """Store the files as a bundle; one that is there stays.

    Raises `BadInput` for code that can't travel (too large, with secrets, hiding a module), and
    `StoreError` where it can't be stored.
    """
    code.require_shippable()
    bundle = bundles.pack_files(code.root, code.names, limit_bytes=settings.bundle_limit_bytes)
    try:
        bundles.store(settings, bundle)
    except OSError as exc:
        raise StoreError(f"the bundle can't be stored: {exc.strerror}") from exc
    return bundle
