"""The shape of a strategy: declared parameters, inputs by indicator name, an elementwise target."""

from collections.abc import Mapping
from typing import Any, ClassVar

from market.arrays import Floats
from market.errors import BadParameter, near_names
from market.strategies.parameters import Parameter


class Strategy:
    """A rule that says, at each close, which share of a sleeve's equity should be in the instrument.

    `inputs` are indicator names with parameters in braces, such as `"sma:{fast}"`. `target` gets
    their values and may look at nothing else. Parameters are class attributes (`Int`, `Float`).
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **parameters: float) -> None:
        """Raises `BadParameter` that names every unknown parameter and every value out of range."""
        faults = self.faults(parameters)
        if faults:
            message = f"strategy {self.name!r}: {'; '.join(faults.values())}"
            raise BadParameter(message, parameter=next(iter(faults)))
        self.values: dict[str, float] = {**self.defaults(), **parameters}

    def target(self, x: Floats) -> Floats:
        """Wanted share of equity in [0, 1], shape x.shape[1:].

        x has one row an input, shape (k, ...). Elementwise: the answer at a bar reads x at that
        bar alone; the engine refuses a strategy that breaks this. NaN inputs give 0 whatever is
        returned, so warm-up needs no care here.
        """
        raise NotImplementedError

    def input_names(self) -> tuple[str, ...]:
        """Indicator names with this strategy's values filled in: ("sma:20", "sma:50")."""
        return tuple(template.format(**self.values) for template in self.inputs)

    @classmethod
    def parameters(cls) -> dict[str, Parameter[Any]]:
        """Declared parameters by name, in order of declaration, base classes first."""
        return {
            name: value
            for owner in reversed(cls.__mro__)
            for name, value in vars(owner).items()
            if isinstance(value, Parameter)
        }

    @classmethod
    def defaults(cls) -> dict[str, float]:
        return {name: parameter.default for name, parameter in cls.parameters().items()}

    @classmethod
    def faults(cls, given: Mapping[str, object]) -> dict[str, str]:
        """Everything wrong with `given`, by parameter name; empty where all is well."""
        declared = cls.parameters()
        faults = {name: _unknown(name, declared) for name in given if name not in declared}
        for name, parameter in declared.items():
            fault = parameter.fault(given[name]) if name in given else None
            if fault:
                faults[name] = fault
        return faults or cls.relations({**cls.defaults(), **given})  # type: ignore[dict-item]  # checked

    @classmethod
    def relations(cls, values: Mapping[str, float]) -> dict[str, str]:  # noqa: ARG003  # a hook
        """Faults between parameters that are each in range, by parameter name. None by default."""
        return {}


def _unknown(name: str, declared: Mapping[str, object]) -> str:
    near = near_names(name, declared)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(declared) or 'none'}"
    return f"{name!r} is not a parameter; {hint}"
