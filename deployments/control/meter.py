"""The metrics of the control loops: how long ago each turned, and how often it failed."""

import asyncio
from collections import Counter as Tally
from typing import Final

from ray.util.metrics import Counter, Gauge

from cluster.control.leader import Leader
from cluster.control.running import Health
from cluster.metrics import CONTROL_LOOP_AGE, CONTROL_LOOP_FAILURES

_PERIOD_S: Final = 5.0


class Meter:
    """Shows what the leaders' loops do. Where another leads their age is 0: the greatest one counts."""

    def __init__(self, *leaders: Leader) -> None:
        self._leaders = leaders
        self._told: Tally[str] = Tally()
        age, failures = CONTROL_LOOP_AGE, CONTROL_LOOP_FAILURES
        self._age = Gauge(age.name, description=age.help, tag_keys=age.labels)
        self._failures = Counter(failures.name, description=failures.help, tag_keys=failures.labels)

    async def run(self) -> None:
        """Show it again and again, until cancelled."""
        while True:
            self.show()
            await asyncio.sleep(_PERIOD_S)

    def show(self) -> None:
        for leader in self._leaders:
            for name, health in leader.health().items():
                self._show(name, health)

    def _show(self, name: str, health: Health) -> None:
        tags = {"loop": name}
        self._age.set(health.age_s, tags=tags)
        # A leader counts from its start; Ray's counter takes what is added.
        if new := health.failures - self._told[name]:
            self._failures.inc(new, tags=tags)
            self._told[name] += new
