"""python -m jobs.compact: join the lake's small files. Rows and snapshots stay as they are."""

import sys

from cluster.settings import load_settings
from cluster.stores.lake import Lake, maintenance
from jobs.command import command, run_alone


@command
def main() -> int:
    """The command; takes no arguments."""
    done = maintenance.compact(Lake.of(load_settings()))
    for table in done:
        sys.stdout.write(f"{table.table}: {table.files_before} files became {table.files_after}\n")
    sys.stdout.write(f"{len(done)} tables compacted\n")
    return 0


if __name__ == "__main__":
    run_alone(main)
