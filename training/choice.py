"""How a run comes by the configuration that it trains: asked for, or the best of a search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from training.dataset import TrainingPanel
from training.network import NetworkConfig

Trained = Callable[[], None]
"""Called each time that a network has been trained."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A configuration, with the epochs it was given, and its pooled scores on the tuning folds.

    ``number`` counts from 1 in the order in which configurations are tried.
    """

    number: int
    config: NetworkConfig
    log_loss: float
    accuracy: float


Tried = Callable[[Trial], None]
"""Told each trial of a search as it ends."""


@dataclass(frozen=True)
class Choice:
    """A configuration, and the trials that it is the best of: none where it was asked for."""

    config: NetworkConfig
    trials: Sequence[Trial] = ()

    def __str__(self) -> str:
        if not self.trials:
            return str(self.config)
        best = min(trial.log_loss for trial in self.trials)
        return f"{self.config}, the best of {len(self.trials)} with log loss {best:.4f}"


class Choose(Protocol):
    """Comes by a configuration for a panel; ``networks`` is how many are trained for that."""

    @property
    def networks(self) -> int: ...

    def __call__(self, panel: TrainingPanel, trained: Trained, tried: Tried) -> Choice: ...


@dataclass(frozen=True)
class Asked:
    """The configuration that somebody asked for."""

    config: NetworkConfig
    networks: ClassVar[int] = 0

    def __call__(self, panel: TrainingPanel, trained: Trained, tried: Tried) -> Choice:  # noqa: ARG002 - needs no search
        return Choice(self.config)
