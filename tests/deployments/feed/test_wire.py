"""Quotes on the wire between the writer and the replicas."""

from datetime import UTC, datetime

import pytest

from deployments.feed.wire import decode, decode_tick, encode, encode_tick
from market.quotes import Quote

AT = datetime(2026, 1, 5, 12, 0, 0, 250_000, tzinfo=UTC)


def quote(symbol="SYN001"):
    return Quote(symbol, AT, 10.0, 100.0, 11.0, None, 10.5, 3.0, "synthetic")


def test_a_quote_survives_its_way_through_valkey():
    assert decode(encode(quote(), calendar="24/7")) == (quote(), "24/7")
    tick = encode_tick([encode(quote(s), calendar="24/7") for s in ("A", "B")])
    assert [one.symbol for one, _ in decode_tick(tick)] == ["A", "B"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"quote":{"x":1},"calendar":"24/7"}'])
def test_what_is_no_quote_is_refused(data):
    with pytest.raises(ValueError, match=r"quote|Input|input"):
        decode(data)
