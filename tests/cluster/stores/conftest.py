"""Builders of small lakes. A bar is `(instrument_id, day, close)`: day 0 is 2024-01-01, open UTC."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from cluster.stores.lake import Lake
from market.bars import BAR_SCHEMA
from market.instruments import Instrument

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

Row = tuple[str, int, float | None]
Delivery = Callable[..., pa.Table]


def _delivery(rows: Iterable[Row], *, delay: timedelta = timedelta(0)) -> pa.Table:
    """Close-only daily bars, known at the end of their day plus `delay`."""
    return pa.Table.from_pylist(
        [
            {
                "instrument_id": instrument_id,
                "timestamp": EPOCH + timedelta(days=day),
                "session": (EPOCH + timedelta(days=day)).date(),
                "close": close,
                "available_at": EPOCH + timedelta(days=day + 1) + delay,
                "recorded_at": EPOCH,
                "vintage": "backfilled",
            }
            for instrument_id, day, close in rows
        ],
        schema=BAR_SCHEMA,
    )


@pytest.fixture(scope="session")
def delivery() -> Delivery:
    return _delivery


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.long)])
def lake(request, tmp_path) -> Lake:
    """An empty lake: every store keeps the same contract.

    An object store with each run in the tests of bars and of actions alone: what the lake does
    there, both kinds of its tables do.
    """
    if request.param == "s3":
        return Lake(request.getfixturevalue("object_store").folder())
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def make_instrument() -> Callable[..., Instrument]:
    def make(instrument_id: str, symbol: str, **changes: object) -> Instrument:
        fields: dict[str, object] = {
            "instrument_id": instrument_id,
            "symbol": symbol,
            "name": symbol,
            "exchange": "XTST",
            "calendar": "24/7",
            "currency": "USD",
            "valid_from": date(2020, 1, 1),
            "valid_to": None,
            "dataset": instrument_id.partition(":")[0],
            "fields": "close",
            "adjusted": False,
            "synthetic": True,
        }
        return Instrument(**(fields | changes))

    return make
