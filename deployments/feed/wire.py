"""How a quote travels: from the live writer through Valkey into the replicas, and to clients."""

from datetime import datetime
from typing import Any, Final

import orjson

from market.quotes import Quote

# One hash holds the newest quote of each symbol; one channel carries every tick.
HASH: Final = "trii:quotes"
CHANNEL: Final = "trii:quotes:ticks"

_OPTIONS = orjson.OPT_UTC_Z


def encode(quote: Quote, *, calendar: str) -> bytes:
    """A quote and the name of its instrument's calendar."""
    return orjson.dumps({"calendar": calendar, "quote": quote}, option=_OPTIONS)


def encode_tick(encoded: list[bytes]) -> bytes:
    """One message of the channel: quotes that are already encoded."""
    return b"[" + b",".join(encoded) + b"]"


def decode(data: bytes | str) -> tuple[Quote, str]:
    """The inverse of `encode`. Raises ValueError for anything else."""
    return _quote(orjson.loads(data))


def decode_tick(data: bytes | str) -> list[tuple[Quote, str]]:
    """The inverse of `encode_tick`. Raises ValueError for anything else."""
    return [_quote(quote) for quote in orjson.loads(data)]


def to_json(quote: Quote) -> bytes:
    """The quote's own fields as a JSON object, in the order of the API."""
    return orjson.dumps(quote, option=_OPTIONS)


def _quote(document: Any) -> tuple[Quote, str]:
    try:
        fields = dict(document["quote"])
        stamp = datetime.fromisoformat(fields.pop("timestamp"))
        return Quote(timestamp=stamp, **fields), document["calendar"]
    except (KeyError, TypeError) as exc:
        raise ValueError("not a quote: its fields are not those of this version") from exc
