"""Errors name the value and a remedy, and carry what an edge needs."""

import pytest

from market.errors import BadParameter, DataNotFit, MarketError, UnknownIndicator, near_names


def test_every_error_is_a_value_error() -> None:
    for error in (BadParameter("x"), DataNotFit("x"), UnknownIndicator("x", known=["sma"])):
        assert isinstance(error, MarketError)
        assert isinstance(error, ValueError)


def test_an_unknown_indicator_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(UnknownIndicator, match=r"'smaa'.*ema, rsi, sma; did you mean 'sma'") as hit:
        raise UnknownIndicator("smaa", known=["sma", "ema", "rsi"])
    assert hit.value.near[0] == "sma"


def test_near_names_ignore_case_and_may_be_none() -> None:
    assert near_names("aapl", ["AAPL", "MSFT"]) == ["AAPL"]
    assert near_names("zzzz", ["AAPL", "MSFT"]) == []
