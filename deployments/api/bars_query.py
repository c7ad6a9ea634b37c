"""What may be asked of `/v1/bars`, and which instruments and rows that means."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from cluster.errors import BadInput, Fault
from cluster.stores.lake import known_prices
from deployments.http.fields import DIGITS, Instant, SymbolList, check_span
from deployments.http.pages import Cursor, PageToken
from deployments.http.params import Params
from market.actions import Adjustment
from market.instruments import Instrument

MAX_LIMIT: Final = 10_000
_FARTHEST_US = 2**53  # beyond year 2250; anybody can write a token


class BarsQuery(Params):
    """`/v1/bars`: bars with `start <= timestamp < end`, by symbol and then time."""

    symbols: SymbolList = Field(description="1 to 100 symbols, separated by commas")
    timeframe: Literal["1Day", "1Min"] = "1Day"
    start: Instant | None = Field(None, description="first bar's open, included; UTC")
    end: Instant | None = Field(None, description="excluded")
    adjustment: Adjustment | None = Field(
        None,
        description="prices at today's level, for the actions known at `as_of`: `dividend` includes "
        "special ones, and returns are those of a holder who reinvests; as recorded by default, which "
        "`adjustment` of the answer names; instruments recorded adjusted have `all` only",
    )
    sort: Literal["asc", "desc"] = Field("asc", description="order of time within a symbol")
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), DIGITS] = 1000
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
    """After which row the next page begins, and in which state of the lake, at which time."""

    snapshot: str
    symbol: str
    timestamp_us: Annotated[int, Field(ge=-_FARTHEST_US, le=_FARTHEST_US)]
    at_us: Annotated[int, Field(ge=0, le=_FARTHEST_US)]


def carried(query: BarsQuery, instrument: Instrument) -> Adjustment:
    """Which adjustment the instrument's rows carry in the answer."""
    return known_prices.carried(query.adjustment, instrument)


def check_answerable(query: BarsQuery, instruments: Sequence[Instrument]) -> None:
    """Raise BadInput, with a fault for each instrument whose record cannot answer the query.

    Prices that were adjusted after the fact are not raw, and were not known at any `as_of`.
    """
    faults: list[Fault] = []
    for instrument in instruments:
        if instrument.adjusted and carried(query, instrument) != "all":
            message = (
                f"{instrument.symbol} is recorded adjusted, and what it was before is not known: "
                "ask with adjustment=all, or without"
            )
            faults.append(Fault("query.adjustment", message, "adjusted_record"))
        if instrument.adjusted and query.as_of is not None:
            message = f"{instrument.symbol} was adjusted after the fact: it has no as_of"
            faults.append(Fault("query.as_of", message, "adjusted_record"))
    refuse_all(faults)


def refuse_all(faults: list[Fault]) -> None:
    """Raise BadInput for all of them, if there are any."""
    if faults:
        raise BadInput("; ".join(fault.msg for fault in faults[:3]), faults=faults)
