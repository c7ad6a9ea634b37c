"""What a strategy is: declared parameters, inputs by name, and a rule in one of three shapes."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np

from market.arrays import Floats
from market.errors import BadParameter, did_you_mean, near_names
from market.parameters import Parameter, Refusal, plain
from market.strategies.core.book import Book
from market.strategies.core.inputs import Input, parse_input
from market.strategies.core.parameters import DeclaredParameter

if TYPE_CHECKING:
    import pandas as pd

Shape = Literal["target", "step", "weights"]
Scope = Literal["symbol", "portfolio"]
Rebalance = Literal["session", "week-end", "month-end"]
"""When `weights` is asked: at each session's close, or at the last of a week (ISO) or a month."""


class Strategy:
    """A rule that says, at each close, which share of equity should be in an instrument.

    It has exactly one of three shapes, none of which can reach a later bar: `target` (elementwise,
    one instrument), `step` (a state carried from bar to bar, one instrument) and `weights` (all
    instruments at one date). `inputs` are names that `strategies.inputs` knows, with parameters in
    braces, such as `"sma:{fast}"`. Parameters are class attributes (`Int`, `Float`).
    """

    name: ClassVar[str]
    """By default that of the class, such as `calm-trend` for `CalmTrend`."""
    inputs: ClassVar[tuple[str, ...]] = ()
    state_size: ClassVar[int] = 0
    """How many numbers `step` remembers; all 0 before the first bar."""
    history: ClassVar[str] = ""
    """The parameter that says how many closes `weights` gets in its book, such as `"lookback"`."""
    rebalance: ClassVar[Rebalance] = "session"
    on_closes: ClassVar[str] = ""
    """A strategy in its place where the data has closes only, for the error that says so."""

    def __init_subclass__(cls) -> None:
        if "name" not in vars(cls):
            cls.name = _kebab(cls.__name__)

    def __init__(self, **parameters: float) -> None:
        """Raises `BadParameter` that names every unknown parameter and every value out of range."""
        if refusals := self.refusals(parameters):
            message = f"strategy {self.name!r}: {'; '.join(map(str, refusals))}"
            raise BadParameter(message, parameter=refusals[0].parameter)
        given = {name: plain(value) for name, value in parameters.items()}
        self.values: dict[str, float] = {**self.defaults(), **given}

    def target(self, x: Floats) -> Floats:
        """Wanted share of equity in [0, 1], shape x.shape[1:].

        x has one row an input, shape (k, ...). Elementwise: the answer at a bar reads x at that
        bar alone; the engine refuses a strategy that breaks this. NaN inputs give 0 whatever is
        returned, so warm-up needs no care here.
        """
        raise NotImplementedError

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        """Wanted share of equity in [0, 1] at one bar, and the state after it, written into s.

        s (state_size,) is the state, x (k,) the inputs at this bar, p the parameters in order of
        declaration. It is compiled by numba and called for bars with all inputs there; others give
        0 and leave the state as it was.
        """
        raise NotImplementedError

    def weights(self, x: Floats, book: Book) -> "Floats | Mapping[str, float] | pd.Series[float]":
        """Wanted shares of equity (n,) at one date; negative is short, |shares| sum to 1 at most.

        x (k, n) are the inputs at this date, NaN where an instrument is not warm or has no bar;
        an instrument without a close today must get 0. A dict or a Series is read by its names, ids
        or symbols of `book.instrument_ids`; who is not named gets 0.
        """
        raise NotImplementedError

    @classmethod
    def shape(cls) -> Shape:
        """The one method that the class defines; `BadParameter` if it is none or several.

        And for a `rebalance` that there is not: its dates would be taken for others.
        """
        own = [
            shape
            for shape in get_args(Shape)
            if getattr(cls, shape) is not getattr(Strategy, shape)
        ]
        if len(own) != 1:
            defined = " and ".join(own) or "none"
            raise BadParameter(
                f"strategy {cls.name!r}: expected one of target, step or weights, found {defined}"
            )
        if cls.rebalance not in (known := get_args(Rebalance)):
            near = did_you_mean(str(cls.rebalance), known)
            raise BadParameter(
                f"strategy {cls.name!r}: rebalance={cls.rebalance!r}: expected one of "
                f"{', '.join(known)}{near}"
            )
        shape: Shape = own[0]
        return shape

    @classmethod
    def scope(cls) -> Scope:
        """Whether it decides for one instrument at a time or for all of a portfolio together."""
        return "portfolio" if cls.shape() == "weights" else "symbol"

    def vector(self) -> Floats:
        """The values of all parameters in order of declaration, as `step` gets them."""
        return np.array([self.values[name] for name in self.parameters()], dtype=np.float64)

    def input_names(self) -> tuple[str, ...]:
        """Input names with this strategy's values filled in: ("sma:20", "sma:50").

        Raises `BadParameter` for a name with braces around what is no parameter.
        """
        if isinstance(self.inputs, str):
            raise BadParameter(f"strategy {self.name!r}: inputs={self.inputs!r}: expected a tuple")
        try:
            return tuple(template.format(**self.values) for template in self.inputs)
        except (KeyError, IndexError, ValueError) as exc:
            known = ", ".join(self.values) or "none"
            raise BadParameter(
                f"strategy {self.name!r}: inputs={self.inputs!r}: expected in braces one of its "
                f"parameters, which are {known}"
            ) from exc

    def reads(self) -> tuple[Input, ...]:
        """What it reads of bars. Raises what `input_names` and `parse_input` do."""
        return tuple(parse_input(name) for name in self.input_names())

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """Declared parameters by name, in order of declaration, base classes first."""
        return {
            name: value.parameter
            for owner in reversed(cls.__mro__)
            for name, value in vars(owner).items()
            if isinstance(value, DeclaredParameter)
        }

    @classmethod
    def defaults(cls) -> dict[str, float]:
        return {name: parameter.default for name, parameter in cls.parameters().items()}

    @classmethod
    def refusals(cls, given: Mapping[str, object]) -> tuple[Refusal, ...]:
        """Everything wrong with `given`; empty where all is well."""
        declared = cls.parameters()
        unknown = [_unknown(name, declared) for name in given if name not in declared]
        beyond = [
            Refusal(name, f"{name}={given[name]!r}: {parameter.expected}")
            for name, parameter in declared.items()
            if name in given and not parameter.accepts(given[name])
        ]
        # Relations are asked of values that are each in range: others may not even compare.
        if unknown or beyond:
            return (*unknown, *beyond)
        return cls.relations({**cls.defaults(), **given})  # type: ignore[dict-item]  # checked

    @classmethod
    def relations(cls, values: Mapping[str, float]) -> tuple[Refusal, ...]:  # noqa: ARG003  # a hook
        """What is wrong between parameters that are each in range, as `rising` tells it."""
        return ()


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", "-", name).strip("-").lower()


def _unknown(name: str, declared: Mapping[str, object]) -> Refusal:
    near = near_names(name, declared)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(declared) or 'none'}"
    return Refusal(name, f"{name!r} is not a parameter; {hint}")
