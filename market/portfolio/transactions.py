"""What is booked: trades, money paid in or out, and exchanges of currencies."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.errors import BadParameter
from market.portfolio.money import ZERO, booked


@dataclass(frozen=True, kw_only=True)
class Trade:
    """`quantity` bought (above 0) or sold (below 0) at `price`; `costs` are paid in any case.

    Cash is booked on `day`, the trade's date.
    """

    day: date
    instrument_id: str
    quantity: Decimal
    price: Decimal
    currency: str
    costs: Decimal = ZERO

    def __post_init__(self) -> None:
        for name in ("quantity", "price", "costs"):
            booked(getattr(self, name), name=name)
        if self.quantity == ZERO:
            raise BadParameter("quantity=0: expected a purchase or a sale", parameter="quantity")
        for name in ("price", "costs"):
            if getattr(self, name) < ZERO:
                raise BadParameter(f"{name}: expected 0 or more", parameter=name)


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Money from outside (above 0) or to it (below 0)."""

    day: date
    currency: str
    amount: Decimal

    def __post_init__(self) -> None:
        booked(self.amount, name="amount")


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """`sold` of one currency given for `bought` of another, both above 0."""

    day: date
    sold: Decimal
    sold_currency: str
    bought: Decimal
    bought_currency: str

    def __post_init__(self) -> None:
        for name in ("sold", "bought"):
            if booked(getattr(self, name), name=name) <= ZERO:
                raise BadParameter(f"{name}: expected above 0", parameter=name)
        if self.sold_currency == self.bought_currency:
            raise BadParameter(
                "a conversion is between two currencies", parameter="bought_currency"
            )


Transaction = Trade | Transfer | Conversion
