"""Booked money: Decimal, exact until cash settles, then rounded half-even to its currency's unit."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

from market.currencies import CURRENCIES
from market.errors import BadParameter

ZERO = Decimal(0)
_STEP = Decimal("1e-12")  # NUMERIC(38, 12) outside
_LIMIT = Decimal(10) ** 26
# Products of two such numbers have 76 digits.
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)
# Decimals of the smallest unit that cash settles in (ISO 4217, those the euro replaced as well),
# where they are not two.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BEF", "ESP", "GRD", "ITL", "LUF", "PTE"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


@contextmanager
def exact() -> Iterator[None]:
    """Sums and products inside keep all their digits."""
    with localcontext(_EXACT):
        yield


def booked(value: Decimal, *, name: str) -> Decimal:
    """The value itself; `BadParameter` unless it is a finite Decimal that NUMERIC(38, 12) holds."""
    if isinstance(value, Decimal) and value.is_finite():
        with exact():
            if abs(value) < _LIMIT and value == value.quantize(_STEP):
                return value
    raise BadParameter(f"{name}={value!r}: expected a Decimal of NUMERIC(38, 12)", parameter=name)


def fine(value: Decimal) -> Decimal:
    """Rounded half-even to 12 decimals: how parts of a cost or of a split quantity are kept."""
    with exact():
        return value.quantize(_STEP)


def from_float(value: float) -> Decimal:
    """The shortest decimal that reads as this float, to 12 decimals: 0.1 is a tenth."""
    if not abs(value) < _LIMIT:
        raise BadParameter(f"{value}: expected a number of NUMERIC(38, 12)")
    return fine(Decimal(repr(float(value))))


def ratio_of(value: float) -> Fraction:
    """The fraction of small numbers that a float stands for: 0.333… is a third."""
    simple = Fraction(value).limit_denominator(1_000_000)
    return simple if float(simple) == value else Fraction(Decimal(repr(value)))


def settled(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole units of the currency's smallest coin, rounded half-even.

    `BadParameter` for what is no code of ISO 4217: in another spelling it would have two decimals.
    """
    if currency not in CURRENCIES:
        raise BadParameter(
            f"currency={currency!r}: expected a code of ISO 4217, such as USD", parameter="currency"
        )
    with exact():
        coins = amount.quantize(Decimal(1).scaleb(-_DECIMALS.get(currency, 2)))
    return booked(coins, name="amount")
