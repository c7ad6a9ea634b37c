"""The one shape of an answer, and what becomes of values that JSON does not know."""

import json
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from fastapi import Request
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from deployments.http.envelope import envelope
from deployments.http.route import make_router
from tests.examples import examples

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def with_nulls(value):
    """What a client reads: a number that is none is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [with_nulls(inner) for inner in value]
    if isinstance(value, dict):
        return {key: with_nulls(inner) for key, inner in value.items()}
    return value


@pytest.fixture
def answer(asking):
    """`answer(data, …)` is the response of a route that gives this."""
    router = make_router()
    given_away = {}

    @router.get("/data")
    async def data(request: Request):
        return envelope(request, given_away["data"], **given_away["more"])

    ask = asking(router)

    def of(data, **more):
        given_away.update(data=data, more=more)
        return ask("/data")

    return of


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLAIN)
def test_plain_data_arrives_as_it_is_and_what_is_no_number_is_null(answer, data):
    found = json.loads(answer(data).content)
    assert found == {"data": with_nulls(data), "next_page_token": None, "request_id": ""}


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (datetime(2026, 1, 2, 15, 0, 0, 5, tzinfo=UTC), "2026-01-02T15:00:00.000005Z"),
        (np.array([1.5, np.nan]), [1.5, None]),
        (np.float64(2.5), 2.5),
        (np.int64(3), 3),
    ],
)
def test_times_and_arrays_have_one_form(answer, data, seen):
    assert answer(data).json()["data"] == seen


def test_a_token_and_headers_go_with_it(answer):
    found = answer([], next_page_token="abc", headers={"vary": "accept"})
    assert found.json()["next_page_token"] == "abc"
    assert (found.headers["vary"], found.headers["content-type"]) == ("accept", "application/json")
