"""The indicators by name, and the reading of names such as ``rsi:14``."""

import re

from market.errors import BadParameter, UnknownIndicator
from market.indicators import ema, rsi, sma
from market.indicators.indicator import Definition, Indicator, Parameter

_DEFINITIONS = {one.name: one for one in (sma.DEFINITION, ema.DEFINITION, rsi.DEFINITION)}
# Not int(): that also reads "+5", "1_0" and digits of other scripts.
_WHOLE = re.compile(r"[0-9]{1,9}")
_ECHO = 40  # characters of what was given that an error repeats


def names() -> list[str]:
    """The names that ``parse`` knows, sorted."""
    return sorted(_DEFINITIONS)


def describe() -> list[dict[str, object]]:
    """Name, description, parameters with their ranges, and columns of each indicator, as JSON."""
    return [_description(_DEFINITIONS[name]) for name in names()]


def parse(text: str) -> Indicator:
    """The indicator that ``name:parameter:…`` means; parameters left out take their defaults.

    Raises UnknownIndicator, or BadParameter that names the parameter and its range.
    """
    name, *given = text.split(":")
    definition = _DEFINITIONS.get(name)
    if definition is None:
        raise UnknownIndicator(name[:_ECHO], known=_DEFINITIONS)
    _check_count(text, definition, len(given))
    params = [parameter.default for parameter in definition.parameters]
    for place, value in enumerate(given):
        params[place] = _whole(text, definition.parameters[place], value)
    return Indicator(definition, tuple(params))


def _check_count(text: str, definition: Definition, count: int) -> None:
    if count > len(definition.parameters):
        expected = ":".join(parameter.name for parameter in definition.parameters)
        raise BadParameter(
            f"{text[:_ECHO]!r} has too many parameters: expected {definition.name}:{expected}"
        )


def _whole(text: str, parameter: Parameter, value: str) -> int:
    if not _WHOLE.fullmatch(value):
        raise BadParameter(
            f"{text[:_ECHO]}: {parameter.name}={value[:_ECHO]!r}: expected a whole number from {parameter.low} "
            f"to {parameter.high}",
            parameter=parameter.name,
        )
    return parameter.check(int(value), of=text)


def _description(definition: Definition) -> dict[str, object]:
    return {
        "name": definition.name,
        "description": definition.description,
        "parameters": [
            {"name": one.name, "default": one.default, "low": one.low, "high": one.high}
            for one in definition.parameters
        ],
        "columns": list(definition.columns),
    }
