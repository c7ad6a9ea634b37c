"""What may be asked of the analysis routes."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from deployments.http.fields import DIGITS, Instant, Symbol, check_span, listed
from deployments.http.params import Params
from market.errors import BadParameter, UnknownIndicator, offered
from market.indicators import Indicator, names, parse

_SPELLING = re.compile(r"[a-z][a-z0-9_]{0,19}(:[0-9]{1,9}(\.[0-9]{1,4})?){0,5}")
MAX_NAMES: Final = 20
MAX_LIMIT: Final = 10_000


def _indicator(value: Any) -> Any:
    """An indicator from its name; what is not spelled like one is not repeated in the fault."""
    if not isinstance(value, str) or not _SPELLING.fullmatch(value):
        raise PydanticCustomError("indicator", "expected a name such as sma:20")
    try:
        return parse(value)
    except UnknownIndicator as exc:
        near = offered(exc.near[:1])
        message = f"unknown indicator: expected one of {', '.join(names())}{near}"
        raise PydanticCustomError("unknown_indicator", "{message}", {"message": message}) from exc
    except BadParameter as exc:
        message = str(exc)
        raise PydanticCustomError("bad_parameter", "{message}", {"message": message}) from exc


OneIndicator = Annotated[
    Indicator,
    BeforeValidator(_indicator),
    WithJsonSchema({"type": "string", "pattern": f"^{_SPELLING.pattern}$", "examples": ["sma:20"]}),
]


class SpanParams(Params):
    """A span of an instrument's bars: `start <= timestamp < end`."""

    symbol: Symbol
    start: Instant | None = Field(None, description="first bar's open, included; UTC")
    end: Instant | None = Field(None, description="excluded")

    @model_validator(mode="after")
    def _span(self) -> "SpanParams":
        check_span(self.start, self.end)
        return self


class IndicatorsQuery(SpanParams):
    """`/v1/analysis/{symbol}/indicators`."""

    names: Annotated[
        list[OneIndicator],
        BeforeValidator(listed),
        Field(min_length=1, max_length=MAX_NAMES),
    ] = Field(description="1 to 20 indicators, separated by commas")
    timeframe: Literal["1Day", "1Min"] = "1Day"
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), DIGITS] = Field(
        100, description="the newest rows of the span, at most"
    )


class StatisticsQuery(SpanParams):
    """`/v1/analysis/{symbol}/statistics`."""
