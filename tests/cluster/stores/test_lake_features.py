"""Features in the lake: rows of one definition, named as the set names them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cluster.errors import BadInput
from cluster.stores.lake.features import append_features, feature_rows, features
from market.features import CLOSE_VOLATILITY

RECORDED = datetime(2024, 3, 1, tzinfo=UTC)
NAMES = CLOSE_VOLATILITY.names
DAYS = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
KNOWN = DAYS.astype("datetime64[us]") + np.timedelta64(21, "h")


@pytest.fixture
def values():
    found = np.random.default_rng(0).normal(size=(len(DAYS), len(NAMES)))
    found[0, 3] = np.nan
    return found


def put(lake, values, *, declared=CLOSE_VOLATILITY, instrument_id="t:A"):
    rows = feature_rows(declared, instrument_id, session=DAYS, available_at=KNOWN, values=values)
    return append_features(lake, rows, recorded_at=RECORDED)


def matrix(rows):
    return np.column_stack([rows[name].to_numpy() for name in NAMES])


def test_rows_come_back_to_the_bit_under_the_names_of_the_set(lake, values):
    put(lake, values)
    rows = features(lake, CLOSE_VOLATILITY)
    assert rows["session"].to_pylist() == DAYS.tolist()
    assert rows[NAMES[3]].null_count == 1
    assert matrix(rows).tobytes() == values.tobytes()


def test_the_same_rows_again_write_nothing(lake, values):
    assert put(lake, values).written == len(DAYS)
    assert put(lake, values).written == 0


def test_a_span_an_instrument_and_a_time_are_cut_out(lake, values):
    put(lake, values)
    put(lake, -values, instrument_id="t:B")
    span = {"start": date(2024, 1, 2), "end": date(2024, 1, 4), "instrument_ids": ["t:B"]}
    rows = features(lake, CLOSE_VOLATILITY, **span, as_of=datetime(2024, 1, 3, 21, tzinfo=UTC))
    assert matrix(rows).tobytes() == (-values)[1:3].tobytes()


def test_rows_of_another_definition_are_never_mixed_in(lake, values):
    put(lake, values)
    next_one = replace(CLOSE_VOLATILITY, version=2)
    put(lake, 2 * values, declared=next_one)
    assert matrix(features(lake, CLOSE_VOLATILITY)).tobytes() == values.tobytes()
    assert matrix(features(lake, next_one)).tobytes() == (2 * values).tobytes()
    assert features(lake, replace(CLOSE_VOLATILITY, version=3)).num_rows == 0


def test_values_of_another_width_are_refused(values):
    with pytest.raises(BadInput, match=r"values have shape \(5, 2\): expected \(5, 18\)"):
        put(None, values[:, :2])
