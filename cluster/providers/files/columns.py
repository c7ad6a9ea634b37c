"""Which column of a file is which field of a bar, by the names that the field uses."""

import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence

from cluster.errors import BadInput

NUMBERS = ("open", "high", "low", "close", "volume", "trade_count", "vwap")
BESIDE = ("adjusted_close", "dividend", "split")
"""Numbers that stand beside bars and tell of actions: a day's factor, payment and ratio."""
_NAMES = {
    "symbol": ("symbol", "ticker", "code", "instrument", "sym"),
    "time": ("timestamp", "datetime", "ts", "t", "opentime"),
    "date": ("date", "day", "session", "datum", "tradedate", "tradingdate"),
    "clock": ("time", "zeit"),
    "open": ("open", "o", "openprice", "pxopen", "eroffnung", "eroffnungskurs", "erster"),
    "high": ("high", "h", "highprice", "pxhigh", "hoch", "tageshoch"),
    "low": ("low", "l", "lowprice", "pxlow", "tief", "tagestief"),
    "close": ("close", "c", "closeprice", "last", "price", "closelast", "closingprice",
              "pxlast", "lastprice", "schlusskurs", "schluss", "letzter", "kurs"),
    "adjusted_close": ("adjclose", "adjustedclose", "closeadj", "closeadjusted", "adjcloseprice"),
    "volume": ("volume", "v", "vol", "pxvolume", "volumen", "umsatz", "sharevolume"),
    "trade_count": ("tradecount", "trades", "n", "numberoftrades", "count"),
    "vwap": ("vwap", "vw"),
    "dividend": ("dividends", "dividend", "divcash", "dividendamount"),
    "split": ("stocksplits", "splitfactor", "splitcoefficient", "splitratio"),
}  # fmt: skip
# What public sources give, and bars do not hold.
_LEFT_OUT = frozenset((
    *("change", "changepercent", "chg", "pctchange", "per", "period", "interval", "openint"),
    *("openinterest", "spread", "tickvol", "closetime", "quotevolume", "quoteassetvolume"),
    *("takerbuyvolume", "takerbuyquotevolume", "takerbuybaseassetvolume", "ignore"),
    *("takerbuyquoteassetvolume", "adjopen", "adjhigh", "adjlow", "adjvolume", "capitalgains"),
))  # fmt: skip
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_GIVABLE = tuple(name for name in _NAMES if name != "clock")
_IGNORE = "ignore"


def fields_of(
    headers: Sequence[str], *, given: Mapping[str, str], adjusted: bool | None, source: str
) -> dict[str, int]:
    """The place of the column of each field that there is; `given` maps headers to fields.

    `adjusted` says which closes are meant where a file has both; without it an adjusted close stands
    beside the raw one, or for it where there is none. Raises BadInput for a column that is not
    known, two columns for one field, no close and no time.
    """
    found: dict[str, int] = {}
    for place, header in enumerate(headers):
        field = field_of(header, given=given, place=place)
        if field is None:
            raise BadInput(
                f"{source}: unknown column {header[:40]!r}: expected {', '.join(_GIVABLE)}; name it "
                f"with --column {_option(header, 'FIELD')}, or leave it out with --column "
                f"{_option(header, _IGNORE)}"
            )
        if field == _IGNORE:
            continue
        if field in found:
            raise _twice(headers[found[field]], header, field, source)
        found[field] = place
    fields = _one_close(_one_time(found, headers, source), adjusted=adjusted)
    if missing := [name for name in ("time", "close") if name not in fields]:
        raise BadInput(
            f"{source}: no column for {' and '.join(missing)} among {', '.join(headers)[:100]}: "
            f"name it with --column HEADER={missing[0]}"
        )
    return fields


def field_of(header: str, *, given: Mapping[str, str], place: int) -> str | None:
    """The field that a header means, `ignore` for what bars do not hold, None for an unknown one."""
    told = {_letters(name): field for name, field in given.items()}
    name = _letters(header)
    if field := given.get(header) or (name and told.get(name)):
        return field
    if name in {"", "indexlevel", "index", "unnamed"}:
        # An index that pandas wrote without a name: its dates come first.
        return "time" if place == 0 and not header.startswith("Unnamed") else _IGNORE
    return _IGNORE if name in _LEFT_OUT else _FIELD_OF.get(name)


def is_head(row: Sequence[str], given: Mapping[str, str]) -> bool:
    """Whether a line names its columns: a time and a close are among them."""
    fields = {field_of(cell, given=given, place=place) for place, cell in enumerate(row)}
    return bool(fields & {"time", "date", "clock"}) and bool(fields & {"close", "adjusted_close"})


def check_given(given: Mapping[str, str]) -> None:
    """Raise BadInput for a field that there is not."""
    for header, field in given.items():
        if field not in (*_GIVABLE, _IGNORE):
            raise BadInput(
                f"--column {header}={field}: expected one of {', '.join(_GIVABLE)}, {_IGNORE}"
            )


def _letters(name: str) -> str:
    """What counts of a name: `Adj Close`, `adj_close`, `<ADJCLOSE>` are one, `Eröffnung` has an o."""
    plain = unicodedata.normalize("NFKD", name.replace("%", "percent").casefold())
    return re.sub(r"[^a-z]", "", plain)


def _option(header: str, field: str) -> str:
    """The value of `--column` as a shell takes it."""
    return shlex.quote(f"{header}={field}")


def _twice(first: str, second: str, field: str, source: str) -> BadInput:
    return BadInput(
        f"{source}: columns {first!r} and {second!r} are both {field}: leave one out "
        f"with --column {_option(second, _IGNORE)}"
    )


def _one_time(found: dict[str, int], headers: Sequence[str], source: str) -> dict[str, int]:
    """The fields with `time`; `clock` stays beside it where date and hour are two columns."""
    clock = found.get("clock")
    whole = [found[name] for name in ("time", "date") if name in found]
    if len(whole) > 1:
        first, second = (headers[place] for place in sorted(whole))
        raise _twice(first, second, "time", source)
    rest = {name: place for name, place in found.items() if name not in {"time", "date", "clock"}}
    if not whole:
        return rest if clock is None else {"time": clock, **rest}
    beside = {} if clock is None or "time" in found else {"clock": clock}
    return {"time": whole[0], **beside, **rest}


def _one_close(found: dict[str, int], *, adjusted: bool | None) -> dict[str, int]:
    """The fields with one `close`: an adjusted one stands without open, high and low."""
    if adjusted is False:
        return {name: place for name, place in found.items() if name != "adjusted_close"}
    if "adjusted_close" not in found or (adjusted is None and "close" in found):
        return found
    kept = {name: found[name] for name in ("symbol", "time", "clock") if name in found}
    return kept | {"close": found["adjusted_close"]}


def are_adjusted(
    headers: Sequence[str], fields: Mapping[str, int], *, told: bool | None, wide: bool
) -> bool:
    """Whether the closes are adjusted: as `told`, or else as the columns show.

    An adjusted close alone is, and yfinance gives no `Adj Close` exactly where it has adjusted all
    prices; it is known by its three head rows (`wide`) or its column `Stock Splits`.
    """
    if told is not None:
        return told
    if field_of(headers[fields["close"]], given={}, place=fields["close"]) == "adjusted_close":
        return True
    theirs = wide or any(_letters(header) == "stocksplits" for header in headers)
    return theirs and "adjusted_close" not in fields
