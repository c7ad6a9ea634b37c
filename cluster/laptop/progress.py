"""Progress for people: a live line with the elapsed time on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from cluster.laptop.steps import Report


class StepLines:
    """Shows each step, its news and its time on `stream` (standard error by default)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.outcome = ""

    @contextmanager
    def step(self, title: str) -> Iterator[Report]:
        """Run a step: what is handed to the yielded function is shown as its news."""
        self.outcome = ""
        start = time.monotonic()
        show = self._live(title) if self.stream.isatty() else self._plain(title)
        mark = "✗"
        try:
            with show as report:
                yield report
            mark = "✓"
        finally:
            took = time.monotonic() - start
            self._line(f"{mark} {title:<28} {took:6.1f} s  {self.outcome}".rstrip())

    @contextmanager
    def _live(self, title: str) -> Iterator[Report]:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
        )
        with Bar(*columns, console=Console(file=self.stream), transient=True) as bar:
            task = bar.add_task(title)
            yield lambda news: bar.update(task, description=f"{title}: {news[:100]}")

    @contextmanager
    def _plain(self, title: str) -> Iterator[Report]:
        self._line(f"… {title}")
        last = ""

        def report(news: str) -> None:
            nonlocal last
            if news != last:
                last = news
                self._line(f"    {news[:160]}")

        yield report

    def _line(self, text: str) -> None:
        self.stream.write(text + "\n")
        self.stream.flush()
