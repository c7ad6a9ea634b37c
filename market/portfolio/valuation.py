"""Books at market prices: equity by currency and in one, and what made it change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from market.errors import BadParameter, DataNotFit
from market.portfolio.accounts import Account
from market.portfolio.ledger import Ledger
from market.portfolio.money import ZERO, booked, exact


@dataclass(frozen=True)
class Side:
    """One currency's books at market prices, in that currency."""

    account: Account
    receivable: Decimal
    market_value: Decimal
    cost: Decimal

    @property
    def unrealised(self) -> Decimal:
        with exact():
            return self.market_value - self.cost

    @property
    def equity(self) -> Decimal:
        with exact():
            return self.account.cash + self.receivable + self.market_value


@dataclass(frozen=True)
class Valuation:
    """Books at one moment. `rates` say what one unit of each currency is worth in `base`."""

    base: str
    rates: Mapping[str, Decimal]
    sides: Mapping[str, Side]
    values: Mapping[str, Decimal]
    """Market value of each instrument held, in `base`."""

    @property
    def equity(self) -> Decimal:
        """In `base`, not rounded: it is a measure, no money that settles."""
        with exact():
            return sum((side.equity * self.rates[name] for name, side in self.sides.items()), ZERO)

    def weights(self) -> dict[str, float]:
        """Shares of equity by instrument, and of cash and receivables by currency; they sum to 1."""
        with exact():
            equity = self.equity
            if not equity > ZERO:
                raise DataNotFit(f"equity is {equity}: weights need it above 0")
            cash = {
                f"cash:{name}": (side.equity - side.market_value) * self.rates[name]
                for name, side in self.sides.items()
            }
            return {name: float(worth / equity) for name, worth in {**self.values, **cash}.items()}


def value(
    ledger: Ledger,
    *,
    prices: Mapping[str, Decimal],
    rates: Mapping[str, Decimal] | None = None,
    base: str,
) -> Valuation:
    """The books at these prices and rates. `DataNotFit` names what has none; `base` is worth 1.

    Prices are Decimals of NUMERIC(38, 12), rates any above 0.
    """
    held = {name: lots for name, lots in ledger.lots.items() if lots.open}
    used = {*ledger.accounts, *(ledger.currencies[name] for name in held)}
    prices = dict(prices)  # of a Series its labels
    worth = {**({} if rates is None else dict(rates)), base: Decimal(1)}
    _require("price", held, prices)
    _require("rate", used, worth)
    for name in used:
        if not (worth[name].is_finite() and worth[name] > ZERO):
            raise BadParameter(f"rate of {name}={worth[name]}: expected above 0", parameter="rates")
    with exact():
        local = {
            name: lots.quantity * booked(prices[name], name="price") for name, lots in held.items()
        }
        values = {name: value * worth[ledger.currencies[name]] for name, value in local.items()}
        sides = {name: _side(ledger, name, local) for name in sorted(used)}
    return Valuation(base, {name: worth[name] for name in sides}, sides, values)


def _require(what: str, names: Iterable[str], given: Mapping[str, Decimal]) -> None:
    missing = sorted(set(names) - set(given))
    if missing:
        raise DataNotFit(f"no {what} for {', '.join(missing)}")


def _side(ledger: Ledger, currency: str, local: Mapping[str, Decimal]) -> Side:
    own = [name for name in local if ledger.currencies[name] == currency]
    due = (
        receivable.amount for receivable in ledger.receivables if receivable.currency == currency
    )
    return Side(
        account=replace(ledger.accounts[currency]),
        receivable=sum(due, ZERO),
        market_value=sum((local[name] for name in own), ZERO),
        cost=sum((ledger.lots[name].cost for name in own), ZERO),
    )


@dataclass(frozen=True)
class Change:
    """Why equity changed, in `base`: the parts below sum to `equity` to the last digit.

    Results of a currency count at its rate at the end; `exchange` is what rates did to the equity
    that was there at the start, and what conversions gained or lost by then.
    """

    equity: Decimal
    transfers: Decimal
    realised: Decimal
    unrealised: Decimal
    income: Decimal
    costs: Decimal
    """Above 0 for what was paid; it counts against equity."""
    exchange: Decimal


_NOTHING = Side(Account(), ZERO, ZERO, ZERO)


def change(before: Valuation, after: Valuation) -> Change:
    """From one valuation to a later one of the same books. `DataNotFit` for different bases."""
    if before.base != after.base:
        raise DataNotFit(f"valuations in {before.base} and {after.base}: expected the same base")
    parts = dict.fromkeys((field.name for field in fields(Change)), ZERO)
    with exact():
        for name, end in after.sides.items():
            start, rate = before.sides.get(name, _NOTHING), after.rates[name]
            # A currency that is new had no rate to move from, and no equity to be moved.
            moved = rate - before.rates.get(name, rate)
            for part in ("transfers", "realised", "income", "costs"):
                parts[part] += rate * (getattr(end.account, part) - getattr(start.account, part))
            parts["unrealised"] += rate * (end.unrealised - start.unrealised)
            converted = end.account.conversions - start.account.conversions
            parts["exchange"] += rate * converted + moved * start.equity
        parts["equity"] = after.equity - before.equity
    return Change(**parts)
