"""Which column of a file is which field of a bar, by the names that the field uses."""

import re
from collections.abc import Mapping, Sequence

from cluster.errors import BadInput

NUMBERS = ("open", "high", "low", "close", "volume", "trade_count", "vwap")
_NAMES = {
    "symbol": ("symbol", "ticker", "code", "instrument", "sym"),
    "time": ("timestamp", "datetime", "time", "ts", "t", "date", "day", "session"),
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice"),
    "low": ("low", "l", "lowprice"),
    "close": ("close", "c", "closeprice", "last", "price"),
    "adjusted_close": ("adjclose", "adjustedclose", "closeadj", "closeadjusted"),
    "volume": ("volume", "v", "vol"),
    "trade_count": ("tradecount", "trades", "n", "numberoftrades"),
    "vwap": ("vwap", "vw"),
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_IGNORE = "ignore"


def fields_of(
    headers: Sequence[str], *, given: Mapping[str, str], adjusted: bool | None, source: str
) -> dict[str, str]:
    """The header of each field that the file has; `given` maps headers to fields or `ignore`.

    `adjusted` says which closes are meant where a file has both. Raises BadInput for a column that
    is not known, two columns for one field, no close, no time, and mixed adjustments.
    """
    found: dict[str, str] = {}
    for header in headers:
        # Letters alone count: `Adj Close`, `adj_close` and `AdjClose` are one name.
        field = given.get(header) or _FIELD_OF.get(re.sub(r"[^a-z]", "", header.lower()))
        if field is None:
            raise BadInput(
                f"{source}: unknown column {header[:40]!r}: expected {', '.join(_NAMES)}; name it "
                "with --column HEADER=FIELD, or leave it out with --column HEADER=ignore"
            )
        if field == _IGNORE:
            continue
        if field in found:
            raise BadInput(
                f"{source}: columns {found[field]!r} and {header!r} are both {field}: leave one out "
                f"with --column {header}=ignore"
            )
        found[field] = header
    fields = _one_close(found, adjusted=adjusted, source=source)
    if missing := [name for name in ("time", "close") if name not in fields]:
        raise BadInput(f"{source}: no column for {' and '.join(missing)}")
    return fields


def check_given(given: Mapping[str, str]) -> None:
    """Raise BadInput for a field that there is not."""
    for header, field in given.items():
        if field not in (*_NAMES, _IGNORE):
            raise BadInput(
                f"--column {header}={field}: expected one of {', '.join(_NAMES)}, {_IGNORE}"
            )


def _one_close(found: dict[str, str], *, adjusted: bool | None, source: str) -> dict[str, str]:
    """The fields with one kind of close: an adjusted one stands without open, high and low."""
    if "adjusted_close" not in found:
        return found
    others = sorted({"open", "high", "low", "close"} & found.keys())
    if adjusted is None:
        beside = f" beside {', '.join(others)}: mixed adjustments" if others else ": no raw prices"
        raise BadInput(
            f"{source}: {found['adjusted_close']!r}{beside}; "
            "say --raw (leaves it out) or --adjusted (takes it alone)"
        )
    if adjusted is False:
        return {name: header for name, header in found.items() if name != "adjusted_close"}
    kept = {name: found[name] for name in ("symbol", "time") if name in found}
    return kept | {"close": found["adjusted_close"]}
