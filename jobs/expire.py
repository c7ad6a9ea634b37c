"""python -m jobs.expire: remove files of the lake that no snapshot within the retention reads."""

import sys

from cluster.settings import load_settings
from cluster.stores.lake import Lake, maintenance
from jobs.command import command, run_alone


@command
def main() -> int:
    """The command; takes no arguments."""
    removed = maintenance.expire(Lake.of(load_settings()))
    sys.stdout.write(f"{removed} expired files removed\n")
    return 0


if __name__ == "__main__":
    run_alone(main)
