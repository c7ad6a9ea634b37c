"""`trii jobs submit --bundle DIR`: pack a user's own code, store it, and say what travels."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from cluster.bundles import bundle as bundles
from cluster.bundles.bundle import Bundle
from cluster.errors import BadInput, StoreError
from cluster.settings import Settings

_NAMED: Final = 5  # files that are left out for one reason, before it says how many more


def pack(settings: Settings, folder: Path) -> Bundle:
    """The bundle of a folder. Raises BadInput, as `bundles.pack` and where a file can't be read."""
    try:
        return bundles.pack(folder, limit_bytes=settings.bundle_limit_bytes)
    except OSError as exc:
        raise BadInput(f"bundle {folder}: {exc.filename} can't be read, {exc.strerror}") from exc


def store(settings: Settings, bundle: Bundle) -> None:
    """Put it where jobs find it, and tell of it on standard error. Raises StoreError."""
    try:
        bundles.store(settings, bundle)
    except OSError as exc:
        raise StoreError(f"the bundle can't be stored: {exc.strerror}") from exc
    for line in lines(bundle):
        click.echo(line, err=True)


def lines(bundle: Bundle) -> Iterator[str]:
    """What travels, and what does not, for people."""
    size = f"{len(bundle.files)} files, {len(bundle.data):,} bytes"
    yield f"bundle {bundle.sha256}: {size}"
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, reason in bundle.left_out.items():
        by_reason[reason].append(name)
    for reason, names in sorted(by_reason.items()):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"left out as {reason}: {', '.join(names[:_NAMED])}{more}"
