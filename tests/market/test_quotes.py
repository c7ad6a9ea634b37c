"""A quote is stale by the clock that is passed in, never by the machine's own."""

from datetime import UTC, datetime, timedelta

import pytest

from market.quotes import Quote, is_stale

NOW = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


def quote_of_age(seconds: float) -> Quote:
    stamp = NOW - timedelta(seconds=seconds)
    return Quote("SYN001", stamp, 9.9, 100.0, 10.0, 100.0, 10.0, 1.0, "synthetic")


@pytest.mark.parametrize(("age", "stale"), [(0, False), (5, False), (5.001, True), (86_400, True)])
def test_a_quote_is_stale_once_older_than_the_limit(age: float, stale: bool) -> None:
    assert is_stale(quote_of_age(age), now=NOW, max_age_s=5) is stale
