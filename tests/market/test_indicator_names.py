"""Indicators by the names that people give them elsewhere: the right form is offered."""

import pytest

from market.errors import UnknownIndicator
from market.indicators import names, parse


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("SMA:20", "sma:20"), ("sma(20)", "sma:20"), ("SMA 20", "sma:20"), ("sma_20", "sma:20"),
        ("SMA20", "sma:20"), ("bb", "bbands"), ("bb:20:2.5", "bbands:20:2.5"),
        ("bollinger", "bbands"), ("MACD(12, 26, 9)", "macd:12:26:9"), ("sma(0)", "sma"),
        ("RSI", "rsi"), ("stochastic", "stoch"),
    ],
)  # fmt: skip
def test_other_spellings_say_the_right_form(given, meant):
    with pytest.raises(UnknownIndicator) as info:
        parse(given)
    assert info.value.near[0] == meant
    assert str(info.value).endswith(f"; did you mean {meant!r}?")
    parse(meant)


@pytest.mark.parametrize("given", ["", "zzzz", "20", "\n", "(", "é"])
def test_what_is_near_none_is_offered_none(given):
    with pytest.raises(UnknownIndicator) as info:
        parse(given)
    assert info.value.near == []


def test_every_name_in_capitals_is_offered_in_its_own_form():
    for name in names():
        with pytest.raises(UnknownIndicator) as info:
            parse(f"{name.upper()}:7")
        assert info.value.near[0].partition(":")[0] == name
