"""The packages that Ray's client sends ahead: each user's own, by the name that the client gave."""

import hashlib
import re
from typing import Final

from cluster.bundles import bundle as bundles
from cluster.bundles.uploaded import pack_zip
from cluster.errors import BadInput, NotFound
from cluster.settings import Settings
from cluster.stores import places
from cluster.stores.place import Place

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}\.zip")


class Packages:
    """A package is stored as a bundle; what is kept under its name is that bundle's hash.

    The name is the client's own hash over what it packs, which nobody here can check: under another
    user's name would be another's code, so that each user has names of their own. Blocks on the disk.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bundle_of(self, user: str, name: str) -> str:
        """The hash of the bundle. Raises NotFound where the user sent none of that name."""
        try:
            sha256 = self._place(user, name).read_text()
        except FileNotFoundError:
            sha256 = ""
        if not sha256 or not bundles.is_stored(self._settings, sha256):
            raise NotFound(f"no package {name} of yours is stored: submit anew")
        return sha256

    def take(self, user: str, name: str, data: bytes) -> str:
        """Check and store what was sent; its bundle's hash. Raises BadInput, naming what is wrong."""
        bundle = pack_zip(data, limit_bytes=self._settings.bundle_limit_bytes)
        bundles.store(self._settings, bundle)
        self._place(user, name).write_bytes(bundle.sha256.encode())
        return bundle.sha256

    def _place(self, user: str, name: str) -> Place:
        if not _NAME.fullmatch(name):
            raise BadInput(
                "package: expected a name of letters, digits, '.', '_' and '-' with .zip"
            )
        # The user's name may be anything; this is the name of a folder.
        whose = hashlib.sha256(user.encode()).hexdigest()
        return places.results(self._settings) / "bundles" / "packages" / whose / name
