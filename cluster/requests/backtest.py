"""What a backtest is asked to do."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from cluster.own_code.references import is_own
from cluster.requests.faults import bad_input
from cluster.requests.spelling import Spelled
from cluster.requests.universe import NEITHER, Members, Universe, called, lacks_both
from market.backtest.costs import MOST_BPS, Costs
from market.backtest.modes import Mode
from market.errors import BadParameter
from market.strategies import find_strategy


def _money(value: object) -> Decimal:
    """Money is a decimal string or a whole number: a float has already lost its cents."""
    text = value if isinstance(value, str) else str(value)
    if isinstance(value, str | int | Decimal) and re.fullmatch(r"[0-9]{1,13}(\.[0-9]{1,2})?", text):
        return Decimal(text).quantize(Decimal("0.01"))
    raise PydanticCustomError("money", "expected a decimal string such as '1000000.00'")


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        # Said back as it was: weeks such as 2020-W05-5 are ISO's too, and have ten characters.
        if isinstance(value, str) and (day := date.fromisoformat(value)).isoformat() == value:
            return day
    except ValueError:
        pass  # answered below, like every other value that is no date
    raise PydanticCustomError("date", "expected a date such as 2020-01-31")


def _number(value: object) -> object:
    # To Python `True` is a whole number as well.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("number", "expected a number")


Money = Annotated[Decimal, BeforeValidator(_money), Field(gt=0, le=Decimal(10) ** 12)]
Number = Annotated[int | float, BeforeValidator(_number)]
Bps = Annotated[float, Field(ge=0, le=MOST_BPS, allow_inf_nan=False)]
Day = Annotated[date, BeforeValidator(_day)]
Name = Annotated[
    str,
    Spelled(
        r"^[A-Za-z][A-Za-z0-9_-]{0,39}$", "letters, digits, _ and -, a letter first, 40 at most"
    ),
]
StrategyName = Annotated[
    str,
    Spelled(
        r"^([A-Za-z][A-Za-z0-9_-]{0,39}"
        r"|[^\x00-\x1f:][^\x00-\x1f]{0,199}(\.py|:[A-Za-z_][A-Za-z0-9_]{0,99}))$",
        "the name of a shipped strategy, or FILE.py:CLASS or MODULE:CLASS of your own",
    ),
]
"""A shipped one by its name; one's own as FILE.py:CLASS or MODULE:CLASS."""
FAMILY: Final = Spelled(
    r"^[a-z][a-z0-9-]{0,62}$", "small letters, digits and -, a letter first, 63 at most"
)
Family = Annotated[str, FAMILY]
"""A family of ideas in the research ledger."""


class BacktestRequest(BaseModel):
    """A strategy over a universe and a span of sessions, both ends included."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    strategy: StrategyName = Field(
        description="Strategy to run, such as sma-cross, or your own as my_ideas.py:CalmTrend."
    )
    parameters: dict[Name, Number] = Field(
        default_factory=dict,
        max_length=40,
        description="Parameters of the strategy, such as fast=20; those left out keep its defaults.",
    )
    family: Family | None = Field(
        default=None,
        description="Family of ideas that the run is judged with; by default the strategy's name.",
    )
    universe: Universe | None = Field(
        default=None,
        description="Universe to run over: a dataset, some of it such as mine:AAPL,MSFT, or a stored "
        "universe; without it, members.",
    )
    members: Members = Field(
        default=(),
        description="Instruments that it is narrowed to, or without a universe those to run over: "
        "symbols, or with their dataset such as mine:AAPL.",
    )
    start: Day | None = Field(
        default=None, description="First session, such as 2015-01-01; by default the first of all."
    )
    end: Day | None = Field(
        default=None, description="Last session, such as 2020-12-31; by default the last of all."
    )
    mode: Mode | None = Field(
        default=None, description="How orders are filled; by default as the data can carry."
    )
    initial_cash: Money = Field(
        default=Decimal("1000000.00"),
        description="Cash to begin with, in the instruments' currency, such as 1000000.00.",
    )
    commission_bps: Bps = Field(
        default=Costs.commission_bps,
        description="Commission in basis points of traded notional.",
    )
    slippage_bps: Bps = Field(
        default=Costs.slippage_bps, description="Slippage in basis points of traded notional."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _every_fault(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Faults of the fields, and with them those of the strategy and of the span."""
        details: list[InitErrorDetails] = []
        try:
            request = handler(data)
        except ValidationError as exc:
            details = [_detail(error) for error in exc.errors(include_url=False)]
            request = None
        if isinstance(data, Mapping):
            details += _strategy_faults(data, reported={error["loc"][:2] for error in details})
        if request is not None and not details:
            details = _span_faults(request) + _universe_faults(request)
        if details or request is None:
            raise ValidationError.from_exception_data(cls.__name__, details)
        return request

    @property
    def costs(self) -> Costs:
        return Costs(commission_bps=self.commission_bps, slippage_bps=self.slippage_bps)

    @property
    def universe_name(self) -> str:
        """What the universe is called in tables and reports, its members included."""
        return called(self.universe, self.members)


def parse_request(data: Mapping[str, object]) -> BacktestRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return BacktestRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("backtest", exc) from exc


def _detail(error: Mapping[str, Any]) -> InitErrorDetails:
    kind = PydanticCustomError(error["type"], "{reason}", {"reason": error["msg"]})
    return InitErrorDetails(type=kind, loc=error["loc"], input=None)


def _fault(message: str, *loc: str) -> InitErrorDetails:
    kind = PydanticCustomError("value_error", "{reason}", {"reason": message})
    return InitErrorDetails(type=kind, loc=loc, input=None)


def _strategy_faults(
    data: Mapping[str, Any], *, reported: set[tuple[int | str, ...]]
) -> list[InitErrorDetails]:
    """What the strategy says of its name and parameters, where the fields were well formed."""
    name, given = data.get("strategy"), data.get("parameters", {})
    # One's own code is loaded by whoever runs it, and never here.
    if not isinstance(name, str) or ("strategy",) in reported or is_own(name):
        return []
    try:
        strategy = find_strategy(name)
    except BadParameter as exc:
        return [_fault(str(exc), "strategy")]
    if not isinstance(given, Mapping) or ("parameters",) in reported:
        return []
    formed = {key: value for key, value in given.items() if ("parameters", key) not in reported}
    return [
        _fault(refusal.clause, "parameters", refusal.parameter)
        for refusal in strategy.refusals(formed)
    ]


def _span_faults(request: BacktestRequest) -> list[InitErrorDetails]:
    if request.start and request.end and request.start >= request.end:
        return [_fault(f"end={request.end}: expected after start={request.start}", "end")]
    return []


def _universe_faults(request: BacktestRequest) -> list[InitErrorDetails]:
    absent = lacks_both(request.universe, request.members)
    return [_fault(f"universe: {NEITHER}", "universe")] if absent else []
