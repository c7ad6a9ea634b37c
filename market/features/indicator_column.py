"""A feature column that is a registered indicator."""

from dataclasses import dataclass, fields
from functools import cached_property

from market.errors import BadParameter
from market.indicators import Indicator, parse


@dataclass(frozen=True)
class IndicatorColumn:
    """One feature: a registered indicator by its full name, ``rsi:14``.

    One of several columns is named after a mark, as in ``stoch:14:3:3#k``.
    """

    name: str
    indicator: str
    description: str

    def __getstate__(self) -> dict[str, str]:
        """The fields alone: an indicator cannot be pickled, and its name is enough."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def parsed(self) -> Indicator:
        """The indicator; BadParameter if its name leaves parameters to their defaults."""
        head = self.indicator.partition("#")[0]
        indicator = parse(head)
        if indicator.name != head:
            raise BadParameter(
                f"{head!r}: write it in full, {indicator.name!r}", parameter="indicator"
            )
        return indicator

    @cached_property
    def place(self) -> int:
        """Which of the indicator's columns it is."""
        name, known = self.parsed.name, self.parsed.columns
        choice = [name] if len(known) == 1 else [f"{name}#{column}" for column in known]
        if self.indicator not in choice:
            raise BadParameter(
                f"{self.indicator!r}: expected {', '.join(choice)}", parameter="indicator"
            )
        return choice.index(self.indicator)
