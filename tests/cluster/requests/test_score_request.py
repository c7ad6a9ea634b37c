"""A score request is refused whole, with every fault, or it is right."""

from datetime import date

import pytest

from cluster.errors import BadInput
from cluster.requests.score import parse_score

GOOD = {"model": "volatility-regime", "universe": "sample"}


def faults(**fields):
    data = {name: value for name, value in {**GOOD, **fields}.items() if value is not None}
    with pytest.raises(BadInput) as info:
        parse_score(data)
    return {fault.loc: fault.msg for fault in info.value.faults}


def test_what_is_left_out_is_the_champion_over_all_there_is():
    request = parse_score(GOOD)
    assert (request.version, request.symbols, request.start, request.end) == (
        "champion", (), None, None,
    )  # fmt: skip


def test_a_full_request_is_read_as_written_and_survives_json():
    request = parse_score(
        {
            "model": "return-quantiles",
            "version": "12",
            "symbols": ["AAPL", "sample:^SPX", "AAPL"],
            "start": "2015-01-01",
            "end": "2015-01-01",
        }
    )
    assert request.symbols == ("AAPL", "sample:^SPX")
    assert request.start == request.end == date(2015, 1, 1)
    assert parse_score(request.model_dump(mode="json")) == request


def test_every_fault_is_listed_at_once():
    found = faults(model="Volatility", version="latest", symbols=["A\0"], end="soon", extra=1)
    assert {loc.partition(".")[0] for loc in found} == {
        "model", "version", "symbols", "end", "extra"
    }  # fmt: skip


@pytest.mark.parametrize("fields", [{"symbols": ["AAPL"]}, {"universe": None}])
def test_members_are_a_universe_or_symbols(fields):
    assert faults(**fields) == {
        "symbols": "expected a universe (or members) or symbols, and not both"
    }


def test_a_span_that_ends_before_it_starts_is_refused():
    found = faults(start="2020-02-01", end="2020-01-01")
    assert found == {"end": "end=2020-01-01: expected on or after start=2020-02-01"}


@pytest.mark.parametrize("version", ["0", "01", "-1", "v1", 3, "staging"])
def test_a_version_is_a_number_or_a_known_alias(version):
    assert list(faults(version=version)) == ["version"]


def test_more_symbols_than_a_command_carries_are_refused_with_what_helps():
    many = [f"S{number:023d}" for number in range(4000)]
    with pytest.raises(BadInput, match="take the dataset or universe as a whole"):
        parse_score({"model": "volatility-regime", "symbols": many})
