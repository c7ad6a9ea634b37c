"""Asking again what failed for now, and never asking faster than a source allows."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from cluster.providers.kit.errors import ProviderError, ProviderUnavailable

T = TypeVar("T")


class Patience:
    """Repeats a call while it raises ProviderUnavailable, with longer and longer random waits.

    Before attempt k+1 it waits between half of and all of `base_s` * 2^(k-1), at most `limit_s`,
    and never less than the source asked for.
    """

    def __init__(
        self,
        *,
        attempts: int = 6,
        base_s: float = 0.5,
        limit_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.attempts = attempts
        self._base_s, self._limit_s = base_s, limit_s
        self._sleep, self._chance = sleep, chance

    def run(self, call: Callable[[], T], *, told: Callable[[str], None] = lambda _: None) -> T:
        """What the call returns. Raises ProviderError once the attempts are used up."""
        for attempt in range(1, self.attempts + 1):
            try:
                return call()
            except ProviderUnavailable as exc:
                if attempt == self.attempts:
                    raise ProviderError(
                        f"{exc}; gave up after {attempt} attempts: what was committed stands, "
                        "run it again later"
                    ) from exc
                wait = self._wait(attempt, exc)
                told(f"{exc}; asking again in {wait:.1f} s")
                self._sleep(wait)
        raise ProviderError(f"attempts={self.attempts}: expected 1 or more")

    def _wait(self, attempt: int, exc: ProviderUnavailable) -> float:
        longest = min(self._base_s * 2.0 ** (attempt - 1), self._limit_s)
        # By chance, so that those who failed together do not come back together.
        jittered = longest * (0.5 + 0.5 * self._chance())
        return max(jittered, exc.retry_after_s or 0.0)


class Pace:
    """At most `per_minute` calls a minute, evenly spaced; for one thread."""

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._spacing_s = 60.0 / per_minute
        self._clock, self._sleep = clock, sleep
        self._next = float("-inf")

    def wait(self) -> None:
        """Return when the next call may be made."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        # From now on where it was idle: time that passed unused is no credit for a burst.
        self._next = max(now, self._next) + self._spacing_s
