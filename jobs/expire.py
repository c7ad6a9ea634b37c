"""python -m jobs.expire: remove files of the lake that no snapshot within the retention reads."""

import sys

from cluster.errors import TriiError
from cluster.settings import load_settings
from cluster.stores.lake import Lake, maintenance


def main() -> int:
    """The command; exit status 0 done, 1 failed."""
    try:
        removed = maintenance.expire(Lake(load_settings().lake_url))
    except TriiError as exc:
        sys.stderr.write(f"error: {exc}\n")
        return exc.exit_code
    sys.stdout.write(f"{removed} expired files removed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
