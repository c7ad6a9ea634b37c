"""Errors name the value and a remedy, and carry what an edge needs."""

import pytest

from market.errors import (
    BadParameter,
    DataNotFit,
    MarketError,
    UnknownIndicator,
    did_you_mean,
    near_names,
    offered,
)


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


OBJECTIVES = ["minimum-variance", "maximum-sharpe", "risk-parity", "hrp"]


@pytest.mark.parametrize(
    ("given", "known", "meant"),
    [
        ("max_sharpe", OBJECTIVES, "maximum-sharpe"),
        ("min-var", OBJECTIVES, "minimum-variance"),
        ("MaxSharpe", OBJECTIVES, "maximum-sharpe"),
        ("mom", ["momentum-rank", "sma-cross"], "momentum-rank"),
        ("sma_cross", ["momentum-rank", "sma-cross"], "sma-cross"),
    ],
)
def test_the_beginnings_of_a_names_words_are_near_to_it(given, known, meant) -> None:
    assert near_names(given, known)[0] == meant
    assert did_you_mean(given, known) == f"; did you mean {meant!r}?"


def test_what_is_near_nothing_is_offered_nothing() -> None:
    for given in ("", "-", "zzzz", "x"):
        assert did_you_mean(given, OBJECTIVES) == ""


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("NOPE", ["PFE", "PEP", "KO"], []),
        ("aapl", ["AAPL", "AAP"], ["AAPL", "AAP"]),
        ("AAPLE", ["AAPL", "XOM"], ["AAPL"]),
        ("bb", ["bbands", "obv"], ["bbands"]),
        ("", ["A"], []),
    ],
)
def test_names_are_near_only_where_they_are(name, known, near):
    assert near_names(name, known) == near
    assert offered(near) == (f"; did you mean {', '.join(near)}?" if near else "")
