"""One instrument's answer of one model: computed from its daily bars, and what it says on the wire."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cluster.registry.manifest import Manifest
from cluster.registry.runner import Prediction
from deployments.predictions.models import LoadedModel
from market.arrays import from_day, from_stamp
from market.bars import Bars
from market.calendar import Calendar, get_calendar
from market.instruments import Instrument


@dataclass(frozen=True)
class Answer:
    """A prediction with the session that its features were cut at."""

    instrument: Instrument
    session: date
    feature_as_of: datetime
    prediction: Prediction


def answer(model: LoadedModel, instrument: Instrument, bars: Bars) -> Answer:
    """The model's answer at the last of the bars. Raises DataNotFit where they are not enough."""
    return Answer(
        instrument=instrument,
        session=from_day(bars.session[-1]),
        feature_as_of=from_stamp(bars.available_at[-1]),
        prediction=model.runner.predict_closes(bars.close),
    )


def on_the_wire(found: Answer, model: LoadedModel, *, asked_at: datetime) -> dict[str, Any]:
    """The answer as the API gives it to somebody who asked for the state at `asked_at`."""
    calendar = get_calendar(found.instrument.calendar)
    manifest = model.runner.manifest
    return {
        "symbol": found.instrument.symbol,
        "kind": manifest.kind,
        "horizon": manifest.horizon,
        "feature_as_of": found.feature_as_of,
        "outcome_at": outcome_at(calendar, found.session, manifest.horizon),
        **_numbers(found.prediction),
        "model": {
            "name": manifest.name,
            "version": manifest.version,
            "alias": model.wanted.alias,
        },
        "degraded": found.session < calendar.last_session(asked_at),
        "in_sample": _in_sample(manifest, found),
    }


def outcome_at(calendar: Calendar, session: date, horizon: int) -> datetime:
    """The close of the `horizon`-th session after `session`."""
    for _ in range(horizon):
        session = calendar.next_session(session)
    return calendar.session_close(session)


def _numbers(found: Prediction) -> dict[str, Any]:
    interval = found.interval
    numbers: dict[str, Any] = {
        "value": found.value,
        "interval": None
        if interval is None
        else {
            "lower": interval.lower,
            "upper": interval.upper,
            "coverage": interval.coverage,
        },
    }
    if found.probabilities is not None:
        numbers["probabilities"] = found.probabilities
    if found.quantiles is not None:
        numbers["quantiles"] = {f"{level:g}": value for level, value in found.quantiles.items()}
    return numbers


def _in_sample(manifest: Manifest, found: Answer) -> bool:
    return manifest.in_sample(found.instrument.instrument_id, found.session)
