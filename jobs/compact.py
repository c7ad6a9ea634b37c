"""python -m jobs.compact: join the lake's small files. Rows and snapshots stay as they are."""

import sys

from cluster.errors import TriiError
from cluster.settings import load_settings
from cluster.stores.lake import Lake, maintenance


def main() -> int:
    """The command; exit status 0 done, 1 failed."""
    try:
        done = maintenance.compact(Lake(load_settings().lake_url))
    except TriiError as exc:
        sys.stderr.write(f"error: {exc}\n")
        return exc.exit_code
    for one in done:
        sys.stdout.write(f"{one.table}: {one.files_before} files became {one.files_after}\n")
    sys.stdout.write(f"{len(done)} tables compacted\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
