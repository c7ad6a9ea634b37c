"""Predictions for the whole universe, computed once per lake version and model version."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from cluster.clock import Clock
from cluster.errors import BadInput, Fault, Overloaded
from cluster.stores.desired import ServedModel
from cluster.stores.lake import Lake
from deployments.predictions.history import History, load
from deployments.predictions.models import Loaded, Models
from market.errors import DataNotFit

_POLL_S = 2.0


class Engine:
    """Answers from memory; what is not there yet is computed on the spot."""

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._models = Models()
        self._histories: dict[str, History] = {}
        self._version: int | None = None
        self._answers: dict[tuple[str, str], orjson.Fragment] = {}

    def configure(self, models: Sequence[ServedModel]) -> None:
        """Serve these versions from now on."""
        self._models.configure(models)
        self._fill()

    async def run(self) -> None:
        """Follow the lake: a new version is read in a thread, and replaces the old one at once."""
        while True:
            await asyncio.to_thread(self.refresh)
            await asyncio.sleep(_POLL_S)

    def refresh(self) -> None:
        """Read the lake if it has changed."""
        version = self._lake.version()
        if version == self._version:
            return
        now = self._clock()
        self._histories = load(self._lake, self._lake.instruments(as_of=now))
        self._version = version
        self._fill()

    def predict(
        self,
        symbols: Sequence[str],
        *,
        horizon: int,
        name: str | None = None,
        version: str | None = None,
        as_of: datetime | None = None,
    ) -> tuple[Loaded, list[orjson.Fragment]]:
        """The version that answers, and an answer for each symbol, in the order asked.

        Raises UnknownSymbol, NotFound, BadInput; Overloaded before the lake was first read.
        """
        model = self._models.pick(horizon=horizon, name=name, version=version)
        if self._version is None:
            raise Overloaded("predictions are still loading: try again", retry_after_s=1)
        if as_of is not None:
            return model, self._past(symbols, model, as_of)
        now = self._clock()
        ids = [self._lake.resolve(symbol, at=now).instrument_id for symbol in symbols]
        return model, [
            self._answer(model, id_, symbol) for id_, symbol in zip(ids, symbols, strict=True)
        ]

    def _answer(self, model: Loaded, instrument_id: str, symbol: str) -> orjson.Fragment:
        found = self._answers.get((model.key, instrument_id))
        if found is not None:
            return found
        history = self._histories.get(instrument_id)
        if history is None:
            raise _unfit(symbol, "there are no daily bars of it")
        return _computed(model, history, now=self._clock())

    def _past(
        self, symbols: Sequence[str], model: Loaded, as_of: datetime
    ) -> list[orjson.Fragment]:
        """What would have been answered then, from what was known then."""
        instruments = [self._lake.resolve(symbol, at=as_of) for symbol in symbols]
        for one in instruments:
            if one.adjusted:
                raise _unfit(
                    one.symbol, "its closes were adjusted afterwards, so as_of can't be answered"
                )
        histories = load(self._lake, instruments, as_of=as_of)
        for one in instruments:
            if one.instrument_id not in histories:
                raise _unfit(one.symbol, "nothing was known of it at as_of")
        return [_computed(model, histories[i.instrument_id], now=as_of) for i in instruments]

    def _fill(self) -> None:
        """Answer everything ahead; instruments that a model can't answer are left to the request."""
        now = self._clock()
        answers = {}
        for model in self._models.all():
            for id_, history in self._histories.items():
                try:
                    answers[model.key, id_] = _computed(model, history, now=now)
                except BadInput:
                    continue
        self._answers = answers


def _computed(model: Loaded, history: History, *, now: datetime) -> orjson.Fragment:
    """One answer as ready bytes. Raises BadInput where the history does not suffice."""
    try:
        found = model.runner.predict_closes(history.close)
    except DataNotFit as exc:
        raise _unfit(history.instrument.symbol, str(exc)) from exc
    served, manifest = model.served, model.runner.manifest
    document: dict[str, Any] = {
        "symbol": history.instrument.symbol,
        "kind": manifest.kind,
        "horizon": manifest.horizon,
        "feature_as_of": history.known_at,
        "outcome_at": history.outcome_at(manifest.horizon),
        "value": found.value,
        "quantiles": found.quantiles,
        "probabilities": found.probabilities,
        "interval": found.interval,
        "model": {"name": served.name, "version": served.version, "alias": served.alias},
        "degraded": history.is_behind(now),
        "in_sample": manifest.in_sample(history.instrument.instrument_id, history.session),
        "synthetic": history.instrument.synthetic,
    }
    options = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    return orjson.Fragment(orjson.dumps(document, option=options))


def _unfit(symbol: str, why: str) -> BadInput:
    return BadInput(f"{symbol} can't be predicted: {why}", faults=[Fault("body.symbols", why)])
