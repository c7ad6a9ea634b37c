"""One instrument's answer of one model: computed from its daily bars, kept as ready bytes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import orjson

from cluster.registry.manifest import Manifest
from cluster.registry.runner import Prediction
from deployments.predictions.models import LoadedModel
from market.arrays import from_day, from_stamp
from market.bars import Bars
from market.calendar import Calendar, get_calendar
from market.errors import DataNotFit
from market.instruments import Instrument


@dataclass(frozen=True)
class Answer:
    """What a model says of an instrument. `session` is the last one whose close was read."""

    calendar: str
    session: date
    body: bytes  # the fields between `symbol` and `degraded`, which the request decides

    def on_the_wire(self, symbol: str, *, last_session: date) -> orjson.Fragment:
        """The answer for somebody who asked by `symbol` and could expect features of `last_session`."""
        degraded = b"true" if self.session < last_session else b"false"
        named = orjson.dumps(symbol)
        return orjson.Fragment(b'{"symbol":%b,%b,"degraded":%b}' % (named, self.body, degraded))


def answer(model: LoadedModel, instrument: Instrument, bars: Bars) -> Answer:
    """The model's answer at the last of the bars. Raises DataNotFit where they are not enough."""
    if not len(bars):
        raise DataNotFit("no daily bars")
    manifest = model.runner.manifest
    calendar = get_calendar(instrument.calendar)
    session = from_day(bars.session[-1])
    document = {
        "instrument_id": instrument.instrument_id,
        "kind": manifest.kind,
        "horizon": manifest.horizon,
        "feature_as_of": from_stamp(bars.available_at[-1]),
        "outcome_at": outcome_at(calendar, session, manifest.horizon),
        **_numbers(model.runner.predict_closes(bars.close)),
        "model": _model(manifest, model),
        "in_sample": manifest.in_sample(instrument.instrument_id, session),
    }
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)[1:-1]
    return Answer(instrument.calendar, session, body)


def outcome_at(calendar: Calendar, session: date, horizon: int) -> datetime:
    """The close of the `horizon`-th session after `session`."""
    place = int(np.searchsorted(calendar.days, np.datetime64(session, "D"))) + horizon
    if place >= len(calendar.days):
        raise DataNotFit(f"the outcome lies after the end of the calendar {calendar.name}")
    return from_stamp(calendar.closes[place])


def _model(manifest: Manifest, model: LoadedModel) -> dict[str, str]:
    return {"name": manifest.name, "version": manifest.version, "alias": model.wanted.alias}


def _numbers(found: Prediction) -> dict[str, Any]:
    """The prediction's own fields; `interval` is null where the kind has none."""
    numbers: dict[str, Any] = {"value": found.value, "interval": found.interval}
    if found.probabilities is not None:
        numbers["probabilities"] = found.probabilities
    if found.quantiles is not None:
        numbers["quantiles"] = {f"{level:g}": value for level, value in found.quantiles.items()}
    return numbers
