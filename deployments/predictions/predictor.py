"""All instruments predicted once per state of the lake and model version; the rest on demand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import orjson

from cluster.clock import Clock
from cluster.desired.store import ServedModel
from cluster.errors import BadInput, Fault
from cluster.stores.lake import Directory, Lake
from cluster.stores.lake.known_prices import History, known_prices
from deployments.http.partial import SymbolProblem, sort_out
from deployments.predictions.answers import Answer, answer
from deployments.predictions.models import LoadedModel, PredictionRequest, choose, load
from market.calendar import get_calendar
from market.errors import DataNotFit
from market.instruments import Instrument

Answers = Mapping[str, Answer | str]
"""By instrument id: the answer, or why there is none."""
Asked = tuple[str, Instrument]
"""A symbol as it was asked for, and the instrument that it means."""


@dataclass(frozen=True)
class Loaded:
    """What a replica answers from: replaced as a whole, so that a request sees one state."""

    models: Sequence[LoadedModel] = ()
    version: int = 0
    directory: Directory = field(default_factory=lambda: Directory([]))
    answers: Mapping[str, Answers] = field(default_factory=dict)  # by the model's key


@dataclass(frozen=True)
class Reply:
    """The items of a reply in the order asked for, and the version that gave them.

    `problems` of the symbols that have none, where a partial reply was asked for, else None.
    """

    items: list[orjson.Fragment]
    model: str
    problems: list[SymbolProblem] | None = None


class Predictor:
    """Holds models and answers. All methods but `ready` block, and are called in threads."""

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._state = Loaded()
        # For those who replace the state alone: each builds on the one that it found, and the
        # slower of two would undo the other. Who answers reads it once and needs no lock.
        self._lock = Lock()

    def serve(self, wanted: Iterable[ServedModel]) -> None:
        """Serve these versions. Raises ArtifactError or ConfigError, and goes on as before."""
        with self._lock:
            kept = {model.wanted: model for model in self._state.models}
            models = [kept.get(model) or load(model) for model in wanted]
            self._state = self._predict_all(models)

    def refresh(self) -> None:
        """Predict everything again where the lake has changed."""
        with self._lock:
            if self._lake.version() != self._state.version:
                self._state = self._predict_all(self._state.models)

    def ready(self, request: PredictionRequest) -> Reply | None:
        """The reply from memory; None where `compute` is needed. Does not block.

        Raises as `choose`, UnknownSymbol, and BadInput for instruments that cannot be predicted.
        """
        # Once: another may stand there before this ends.
        state = self._state
        model = choose(state.models, request)
        if request.as_of is not None:
            return None
        now = self._clock()
        found, problems = _resolve(state.directory, request, at=now)
        return _reply(model, found, state.answers[model.key], asked_at=now, problems=problems)

    def compute(self, request: PredictionRequest) -> Reply:
        """The reply as it would have been at `as_of`. Raises as `ready`."""
        state, now = self._state, self._clock()
        model = choose(state.models, request)
        as_of = request.as_of or now
        if as_of > now:
            message = "expected a time that has come"
            raise BadInput(f"as_of: {message}", faults=[Fault("body.as_of", message, "future")])
        found, problems = _resolve(state.directory, request, at=as_of)
        instruments = [instrument for _, instrument in found]
        answers = _predict(model, instruments, self._histories(instruments, as_of=as_of))
        return _reply(model, found, answers, asked_at=as_of, problems=problems)

    def _predict_all(self, models: Sequence[LoadedModel]) -> Loaded:
        """The version is read first: what is committed meanwhile is seen at the next refresh."""
        version = self._lake.version()
        directory = self._lake.directory()
        now = self._clock()
        ids = {instrument.instrument_id for instrument in directory.instruments}
        found = directory.named(ids, at=now.date())  # once each, however often it was renamed
        histories = self._histories(found, as_of=now) if models else {}
        answers = {model.key: _predict(model, found, histories) for model in models}
        return Loaded(tuple(models), version, directory, answers)

    def _histories(
        self, instruments: Sequence[Instrument], *, as_of: datetime
    ) -> Mapping[str, History]:
        return known_prices(self._lake, instruments, timeframe="1Day", at=as_of, as_of=as_of)


def _predict(
    model: LoadedModel, instruments: Sequence[Instrument], histories: Mapping[str, History]
) -> Answers:
    answers: dict[str, Answer | str] = {}
    for instrument in instruments:
        history = histories.get(instrument.instrument_id)
        try:
            answers[instrument.instrument_id] = (
                "it has no daily bars"
                if history is None
                else answer(model, instrument, history.forward())
            )
        except DataNotFit as exc:
            answers[instrument.instrument_id] = str(exc)
    return answers


def _resolve(
    directory: Directory, request: PredictionRequest, *, at: datetime
) -> tuple[list[Asked], list[SymbolProblem] | None]:
    """The instruments, and with `partial` the problems of the symbols that name none."""

    def find(symbol: str) -> Asked:
        return symbol, directory.resolve(symbol, at=at)

    if request.partial:
        return sort_out(request.symbols, find)
    return [find(symbol) for symbol in request.symbols], None


def _reply(
    model: LoadedModel,
    asked: Sequence[Asked],
    answers: Answers,
    *,
    asked_at: datetime,
    problems: list[SymbolProblem] | None,
) -> Reply:
    items: list[orjson.Fragment] = []
    faults: list[tuple[str, Fault]] = []
    calendars = {instrument.calendar for _, instrument in asked}
    last = {name: get_calendar(name).last_session(asked_at) for name in calendars}
    for place, (symbol, instrument) in enumerate(asked):
        found = answers.get(instrument.instrument_id, "it came into the lake a moment ago")
        if isinstance(found, str):
            message = f"{symbol} cannot be predicted: {found}"
            faults.append((symbol, Fault(f"body.symbols.{place}", message, "data_not_fit")))
        else:
            items.append(
                found.on_the_wire(instrument.symbol, last_session=last[instrument.calendar])
            )
    if problems is not None:
        problems += [
            SymbolProblem(symbol=symbol, code=fault.type, detail=fault.msg)
            for symbol, fault in faults
        ]
    elif faults:
        told = [fault for _, fault in faults]
        raise BadInput("; ".join(fault.msg for fault in told[:3]), faults=told)
    return Reply(items, model.key, problems)
