"""The indicators by name, and the reading of names such as ``rsi:14``."""

import re
from dataclasses import asdict

from market.errors import BadParameter, UnknownIndicator, near_names
from market.indicators.core.indicator import Definition, Indicator
from market.indicators.library import (
    aroon,
    atr,
    bop,
    cci,
    deviation,
    dmi,
    donchian,
    ema,
    flows,
    kama,
    keltner,
    macd,
    momentum,
    price_oscillator,
    psar,
    range_volatility,
    rsi,
    slope,
    sma,
    stoch,
    supertrend,
    ultosc,
    volume,
    vortex,
    weighted,
    wma,
)
from market.parameters import Parameter

_MODULES = (
    *(
        sma,
        ema,
        wma,
        kama,
        weighted,
        rsi,
        macd,
        price_oscillator,
        stoch,
        cci,
        momentum,
        bop,
        ultosc,
        atr,
    ),
    *(
        deviation,
        keltner,
        donchian,
        range_volatility,
        dmi,
        vortex,
        aroon,
        psar,
        supertrend,
        slope,
        volume,
        flows,
    ),
)
_DEFINITIONS = {
    value.name: value
    for module in _MODULES
    for value in vars(module).values()
    if isinstance(value, Definition)
}
# Not int() and float(): those also read "+5", "1_0", "1e3", "nan" and digits of other scripts.
_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_WRITTEN = re.compile(r"\s*([A-Za-z]+(?:[ _-][A-Za-z]+)*)(.*)", re.DOTALL)
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LETTERS = re.compile(r"[a-z]+")
_SHORT = 4  # letters of a word that many descriptions have
_ECHO = 40  # characters of what was given that an error repeats


def names() -> list[str]:
    """The names that ``parse`` knows, sorted."""
    return sorted(_DEFINITIONS)


def describe() -> list[dict[str, object]]:
    """Name, description, inputs, columns with their degrees, and parameters, as JSON."""
    return [_description(_DEFINITIONS[name]) for name in names()]


def parse(text: str) -> Indicator:
    """The indicator that ``name:parameter:…`` means; parameters left out take their defaults.

    Raises UnknownIndicator, or BadParameter that names the parameter and its range.
    """
    name, *given = text.split(":")
    definition = _DEFINITIONS.get(name)
    if definition is None:
        raise UnknownIndicator(name[:_ECHO], known=_DEFINITIONS, near=_meant(text[:_ECHO]))
    _check_count(text, definition, len(given))
    params = [parameter.default for parameter in definition.parameters]
    for place, value in enumerate(given):
        params[place] = _number(text, definition.parameters[place], value)
    definition.check(tuple(params), of=text)
    return Indicator(definition, tuple(params))


def _meant(text: str) -> list[str]:
    """The names that a text such as ``SMA:20``, ``sma(20)`` or ``bollinger`` may mean, best first."""
    written = _WRITTEN.match(text)
    if written is None:
        return []
    head, rest = written.groups()
    told = _told_of(head.lower()) if len(head) > _SHORT else []
    near = dict.fromkeys((*told, *near_names(head, _DEFINITIONS)))
    return [_with_parameters(name, _NUMBERS.findall(rest)) for name in near]


def _told_of(word: str) -> list[str]:
    """Indicators whose description has that word."""
    return [
        name
        for name, definition in _DEFINITIONS.items()
        if word in _LETTERS.findall(definition.description.lower())
    ]


def _with_parameters(name: str, numbers: list[str]) -> str:
    """The name with the numbers as its parameters, where it takes them."""
    whole = ":".join([name, *numbers])
    try:
        parse(whole)
    except BadParameter:
        return name
    return whole


def _check_count(text: str, definition: Definition, count: int) -> None:
    if count > len(definition.parameters):
        expected = ":".join(parameter.name for parameter in definition.parameters)
        raise BadParameter(
            f"{text[:_ECHO]!r} has too many parameters: expected {definition.name}:{expected}"
        )


def _number(text: str, parameter: Parameter, value: str) -> float:
    spelling = _WHOLE if parameter.whole else _DECIMAL
    if not spelling.fullmatch(value):
        raise BadParameter(
            f"{text[:_ECHO]}: {parameter.name}={value[:_ECHO]!r}: {parameter.expected}",
            parameter=parameter.name,
        )
    number = int(value) if parameter.whole else float(value)
    if not parameter.accepts(number):
        raise BadParameter(
            f"{text}: {parameter.name}={number}: expected {parameter.low} to {parameter.high}",
            parameter=parameter.name,
        )
    return number


def _description(definition: Definition) -> dict[str, object]:
    return {
        "name": definition.name,
        "description": definition.description,
        "inputs": list(definition.inputs),
        "parameters": [asdict(parameter) for parameter in definition.parameters],
        "columns": list(definition.columns),
        "degrees": list(definition.degrees),
    }
