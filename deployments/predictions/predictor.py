"""All instruments predicted once per state of the lake and model version; the rest on demand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cluster.clock import Clock
from cluster.errors import BadInput, Fault, UnknownSymbol
from cluster.stores.desired import ServedModel
from cluster.stores.lake import Directory, Lake
from deployments.predictions.answers import Answer, answer, on_the_wire
from deployments.predictions.models import LoadedModel, choose, load
from deployments.predictions.request import PredictionRequest
from market.bars import Bars
from market.errors import DataNotFit
from market.instruments import Instrument

Answers = Mapping[str, Answer | str]
"""By instrument id: the answer, or why there is none."""


@dataclass(frozen=True)
class State:
    """What a replica answers from: replaced as a whole, so a request sees one state."""

    models: Sequence[LoadedModel] = ()
    version: int = 0
    snapshot: str | None = None
    answers: Mapping[str, Answers] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """The items of a reply, and the version that gave them."""

    items: list[dict[str, Any]]
    model: str


class Predictor:
    """Its methods block (disk, numbers) and are called in threads, `ready` alone excepted."""

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._state = State()

    def serve(self, wanted: Iterable[ServedModel]) -> None:
        """Serve these versions. Raises ArtifactError or ConfigError, and serves what it did before."""
        kept = {one.wanted: one for one in self._state.models}
        models = [kept.get(one) or load(one) for one in wanted]
        self._state = self._computed(models)

    def refresh(self) -> None:
        """Compute everything again if the lake has changed."""
        if self._lake.version() != self._state.version:
            self._state = self._computed(self._state.models)

    def ready(self, request: PredictionRequest) -> Reply | None:
        """The reply from memory; None where something has to be computed. Does not block.

        Raises what `choose` raises.
        """
        state = self._state
        model = choose(state.models, request)
        if request.as_of is not None or state.snapshot is None:
            return None
        now = self._clock()
        found = self._resolve(request, self._lake.kept_directory(state.snapshot), now)
        return _reply(model, found, state.answers.get(model.key, {}), asked_at=now)

    def compute(self, request: PredictionRequest) -> Reply:
        """The reply from the lake as it stands. Raises UnknownSymbol and BadInput."""
        raise NotImplementedError
