"""Exact numbers that carry a bound on what doubles make of them: running error analysis.

Each operation adds the error that its operands hand on to one rounding of its own (Higham, Accuracy
and Stability of Numerical Algorithms, 2002, 3.3). Comparisons are those of the exact values.
"""

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from functools import total_ordering
from typing import Any

UNIT = 2.0**-53
_DIGITS = Context(prec=50)


@total_ordering
class Exact:
    """A rational number, and how far a double that stands for it may lie from it."""

    __slots__ = ("error", "value")

    def __init__(self, value: Fraction | int, error: float = 0.0) -> None:
        self.value, self.error = value, error

    def __add__(self, other: Any) -> "Exact":
        other = of(other)
        return _rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Any) -> "Exact":
        return self + -of(other)

    def __mul__(self, other: Any) -> "Exact":
        other = of(other)
        handed = abs(float(self.value)) * other.error + abs(float(other.value)) * self.error
        return _rounded(self.value * other.value, handed + self.error * other.error)

    def __truediv__(self, other: Any) -> "Exact":
        other = of(other)
        quotient, least = Fraction(self.value) / other.value, abs(float(other.value)) - other.error
        handed = (self.error + abs(float(quotient)) * other.error) / least if least > 0 else 1e300
        return _rounded(quotient, handed)

    def __rsub__(self, other: Any) -> "Exact":
        return of(other) - self

    def __rtruediv__(self, other: Any) -> "Exact":
        return of(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Exact":
        return Exact(-self.value, self.error)

    def __abs__(self) -> "Exact":
        return Exact(abs(self.value), self.error)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == of(other).value)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < of(other).value)

    __hash__ = None  # type: ignore[assignment]  # no keys: equal values may have other errors


def of(x: Any) -> Exact:
    """``x`` as it is, or a whole number without error."""
    return x if isinstance(x, Exact) else Exact(x)


def _rounded(value: Fraction | int, handed: float) -> Exact:
    return Exact(value, handed + UNIT * abs(float(value)))


def highest(*numbers: Exact) -> Exact:
    """The largest; its double is that of another where the two are too near to be told apart."""
    return Exact(max(one.value for one in numbers), max(one.error for one in numbers))


def lowest(*numbers: Exact) -> Exact:
    """The least, as ``highest``."""
    return -highest(*[-one for one in numbers])


def root(x: Exact) -> Exact:
    """The square root, to fifty digits."""
    value = _decimal(Decimal.sqrt, x)
    # Of an x whose error is larger than itself, the root's is at most the root of both.
    handed = x.error / float(value) if x.error < x.value else (float(x.value) + x.error) ** 0.5
    return _rounded(value, handed)


def log_ratio(over: Exact, under: Exact) -> Exact:
    """The natural logarithm of over / under, to fifty digits."""
    quotient = over / under
    return _rounded(_decimal(Decimal.ln, quotient), quotient.error / float(quotient.value))


def _decimal(function: Callable[[Decimal, Context], Decimal], x: Exact) -> Fraction:
    value = Fraction(x.value)
    return Fraction(
        function(_DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator)), _DIGITS)
    )
