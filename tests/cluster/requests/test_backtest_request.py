"""A backtest request is refused whole, with every fault, or it is right."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from cluster.errors import BadInput
from cluster.requests.backtest import BacktestRequest, parse_request

GOOD = {"strategy": "sma-cross", "universe": "synthetic"}


def faults(**fields):
    with pytest.raises(BadInput) as info:
        parse_request({**GOOD, **fields})
    return {fault.loc: fault.msg for fault in info.value.faults}


def test_what_is_left_out_has_the_stated_defaults():
    request = parse_request(GOOD)
    assert request.initial_cash == Decimal(1_000_000)
    assert request.parameters == {}
    assert (request.start, request.end, request.mode) == (None, None, None)


def test_a_full_request_is_read_as_written():
    request = parse_request(
        {
            **GOOD,
            "parameters": {"fast": 10},
            "family": "crossings",
            "start": "2015-01-01",
            "end": "2016-01-01",
            "mode": "next-open",
            "initial_cash": "2500.50",
            "commission_bps": 1,
        }
    )
    assert request.parameters == {"fast": 10}
    assert request.family == "crossings"
    assert (request.start, request.initial_cash) == (date(2015, 1, 1), Decimal("2500.50"))
    assert request.costs.rate == pytest.approx(0.0004)


def test_a_request_survives_json():
    request = parse_request({**GOOD, "start": "2015-01-01", "initial_cash": "0.10"})
    assert parse_request(request.model_dump(mode="json")) == request


def test_every_fault_is_listed_at_once():
    found = faults(
        strategy="sma-cros", universe="", initial_cash=1.5, commission_bps=-1, end="soon", extra=1
    )
    assert set(found) == {
        "strategy", "universe", "initial_cash", "commission_bps", "end", "extra"
    }  # fmt: skip
    assert "did you mean 'sma-cross'?" in found["strategy"]


def test_a_strategy_of_a_whole_portfolio_is_taken_with_its_parameters_checked():
    assert parse_request({**GOOD, "strategy": "momentum-rank"}).strategy == "momentum-rank"
    found = faults(strategy="momentum-rank", parameters={"lookback": 3})
    assert found["parameters.lookback"] == "lookback=3: expected a whole number from 5 to 252"


def test_wrong_parameters_are_named_with_their_range():
    found = faults(parameters={"fast": 3, "slwo": 60})
    assert found["parameters.fast"] == "fast=3: expected a whole number from 5 to 60"
    assert "did you mean 'slow'?" in found["parameters.slwo"]


@pytest.mark.parametrize("value", [True, "20", None, 20.5, float("nan"), [1]])
def test_a_parameter_of_another_kind_is_refused(value):
    assert list(faults(parameters={"fast": value})) == ["parameters.fast"]


def test_a_span_that_ends_before_it_starts_is_refused():
    assert "expected after start=2020-02-01" in faults(start="2020-02-01", end="2020-01-01")["end"]


@pytest.mark.parametrize("value", [0, "0", "-1", "1e5", "NaN", "1.001", True, None, 1.0, "٣"])
def test_money_that_is_no_plain_decimal_is_refused(value):
    assert list(faults(initial_cash=value)) == ["initial_cash"]


@pytest.mark.parametrize(
    "value",
    ["2020-W05-5", "20200131", 1_577_836_800, "20200101", "2020-02-30", "2020-01-01T00:00", True],
)
def test_a_date_that_is_none_is_refused(value):
    assert list(faults(start=value)) == ["start"]


@pytest.mark.parametrize("name", ["slippage_bps", "commission_bps"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "5", True, 1_001])
def test_costs_that_are_no_number_in_range_are_refused(name, value):
    assert list(faults(**{name: value})) == [name]


@pytest.mark.parametrize("text", ["\ud800", "a\nb", "x" * 41, "../x", ""])
def test_hostile_names_are_refused_and_never_echoed(text):
    for name in ("strategy", "universe"):
        message = faults(**{name: text})[name]
        assert not text or text not in message


@pytest.mark.parametrize("body", [None, [], "x", {"strategy": 1, "parameters": 3}])
def test_a_body_of_another_shape_is_bad_input(body):
    with pytest.raises(BadInput):
        parse_request(body)


def test_the_model_alone_refuses_too():
    with pytest.raises(ValidationError, match="is unknown"):
        BacktestRequest(strategy="nothing", universe="synthetic")
