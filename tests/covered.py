"""What the tests of this run covered, by package: statements and branches. Fails below the least.

`python tests/covered.py`, after `pytest --cov`.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from coverage import Coverage

COUNTS = ("num_statements", "num_branches", "covered_lines", "covered_branches")
PACKAGES = ("market", "cluster", "deployments", "training", "jobs", "trii")
LEAST = 85.0


def main() -> int:
    shares = {name: share(files) for name, files in by_package(measured()).items()}
    for name, percent in shares.items():
        print(f"covered: {name:<12} {percent:5.1f} %")  # noqa: T201 - this is the report
    low = [name for name, percent in shares.items() if percent < LEAST]
    if low:
        print(f"covered: below {LEAST:.0f} %: {', '.join(low)}", file=sys.stderr)  # noqa: T201
    return 1 if low else 0


def measured() -> dict[str, Counter[str]]:
    """Counts of each file, such as `num_branches`."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    return {
        name: Counter({count: one["summary"][count] for count in COUNTS})
        for name, one in files.items()
    }


def by_package(files: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    total = {name: Counter[str]() for name in PACKAGES}
    for path, counts in files.items():
        if (package := path.partition("/")[0]) in total:  # a test's own bundle may be measured too
            total[package] += counts
    return total


def share(counts: Counter[str]) -> float:
    """Of statements and branches together, in percent; a package that was never imported has none."""
    there = counts["num_statements"] + counts["num_branches"]
    covered = counts["covered_lines"] + counts["covered_branches"]
    return 100.0 * covered / there if there else 0.0


if __name__ == "__main__":
    sys.exit(main())
