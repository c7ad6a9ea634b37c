"""Parameters of a strategy as class attributes: `Int(20, 5, 60)` is a default and a closed range."""

from typing import ClassVar, Generic, Self, TypeVar, overload

from market.parameters import Parameter

N = TypeVar("N", int, float)


class DeclaredParameter(Generic[N]):
    """A number with a default inside [low, high]; read on an instance it is the value chosen."""

    whole: ClassVar[bool]
    parameter: Parameter

    def __init__(self, default: N, low: N, high: N) -> None:
        self._range: tuple[N, N, N] = default, low, high

    def __set_name__(self, owner: type, name: str) -> None:
        self.parameter = Parameter(name, *self._range, whole=self.whole)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> N: ...
    def __get__(self, instance: object | None, owner: type) -> "Self | N":
        if instance is None:
            return self
        values: dict[str, N] = instance.__dict__["values"]
        return values[self.parameter.name]


class Int(DeclaredParameter[int]):
    """A whole number."""

    whole = True


class Float(DeclaredParameter[float]):
    """A finite number."""

    whole = False
