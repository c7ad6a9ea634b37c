"""What may be asked of `/v1/bars`, and which instruments and rows that means."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from cluster.errors import BadInput, Fault
from deployments.http.fields import Digits, Instant, SymbolList, check_span
from deployments.http.pages import Cursor, PageToken
from deployments.http.params import Params
from market.actions import Action
from market.actions.adjustment import KINDS
from market.instruments import Instrument

MAX_LIMIT: Final = 10_000
_FARTHEST_US = 2**53  # beyond year 2250; anybody can write a token
Adjustment = Literal["raw", "split", "dividend", "spin-off", "all"]


class BarsQuery(Params):
    """`/v1/bars`: bars with `start <= timestamp < end`, by symbol and then time."""

    symbols: SymbolList = Field(description="1 to 100 symbols, separated by commas")
    timeframe: Literal["1Day", "1Min"] = "1Day"
    start: Instant | None = Field(None, description="first bar's open, included; UTC")
    end: Instant | None = Field(None, description="excluded")
    adjustment: Adjustment = Field(
        "raw",
        description="instruments whose record is adjusted answer `all` only; raw records answer an "
        "adjustment while there is nothing to adjust for",
    )
    sort: Literal["asc", "desc"] = Field("asc", description="order of time within a symbol")
    limit: Annotated[Digits, Field(ge=1, le=MAX_LIMIT)] = 1000
    as_of: Instant | None = Field(None, description="only what the market knew at this time")
    snapshot: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        None, description="a state of the lake, such as a model's manifest names"
    )
    fields: Literal["prices", "all"] = Field(
        "prices", description="`all` adds available_at, recorded_at and vintage"
    )
    page_token: PageToken = None

    @model_validator(mode="after")
    def _span(self) -> "BarsQuery":
        check_span(self.start, self.end)
        return self


class BarsCursor(Cursor):
    """After which row the next page begins, and in which state of the lake."""

    snapshot: str
    symbol: str
    timestamp_us: Annotated[int, Field(ge=-_FARTHEST_US, le=_FARTHEST_US)]


def check_answerable(
    query: BarsQuery, instruments: Sequence[Instrument], actions: Iterable[Action]
) -> None:
    """Raise BadInput, with a fault for each instrument whose record cannot answer the query.

    Prices that were adjusted after the fact are not raw, and were not known at any `as_of`. Raw
    prices of an instrument with some of `actions`, those known then, are not adjusted for them.
    """
    kinds = KINDS[query.adjustment]
    acted = {action.instrument_id for action in actions if isinstance(action, kinds)}
    faults: list[Fault] = []
    for instrument in instruments:
        if instrument.adjusted and query.adjustment != "all":
            message = f"{instrument.symbol} is recorded adjusted: ask with adjustment=all"
            faults.append(Fault("query.adjustment", message, "adjusted_record"))
        if instrument.adjusted and query.as_of is not None:
            message = f"{instrument.symbol} was adjusted after the fact: it has no as_of"
            faults.append(Fault("query.as_of", message, "adjusted_record"))
        if not instrument.adjusted and instrument.instrument_id in acted:
            message = (
                f"{instrument.symbol} is recorded raw and had such actions: ask with adjustment=raw"
            )
            faults.append(Fault("query.adjustment", message, "raw_record"))
    if faults:
        raise BadInput("; ".join(fault.msg for fault in faults[:3]), faults=faults)


def decided_at(query: BarsQuery, now: datetime) -> datetime:
    """The time at which the symbols are read as names of instruments."""
    return query.as_of or now
