"""Declared parameters of a strategy: a default and a closed range, checked before anything runs."""

import math
from typing import Generic, Self, TypeGuard, TypeVar, overload

N = TypeVar("N", int, float)


class Parameter(Generic[N]):
    """A number with a default inside [low, high]; read on an instance it is the value chosen."""

    kind = "number"

    def __init__(self, default: N, low: N, high: N) -> None:
        self.default: N = default
        self.low: N = low
        self.high: N = high
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> N: ...
    def __get__(self, instance: object | None, owner: type) -> "Self | N":
        if instance is None:
            return self
        values: dict[str, N] = instance.__dict__["values"]
        return values[self.name]

    def accepts(self, value: object) -> TypeGuard[N]:
        raise NotImplementedError

    def fault(self, value: object) -> str | None:
        """What is wrong with `value`, in one clause that names parameter, value and range; or None."""
        if self.accepts(value) and self.low <= value <= self.high:
            return None
        return f"{self.name}={value!r}: expected {self.kind} from {self.low} to {self.high}"


class Int(Parameter[int]):
    kind = "a whole number"

    def accepts(self, value: object) -> TypeGuard[int]:
        # bool is an int to Python; True as a window would be a mistake that nobody sees
        return isinstance(value, int) and not isinstance(value, bool)


class Float(Parameter[float]):
    kind = "a number"

    def accepts(self, value: object) -> TypeGuard[float]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return math.isfinite(value)
