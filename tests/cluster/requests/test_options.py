"""A request goes to words and back unchanged, through each command line, and its options explain it."""

import argparse
from datetime import date
from decimal import Decimal

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.cli.request_options import request_options
from cluster.errors import BadInput
from cluster.queue.rules.kinds import KINDS
from cluster.requests.arguments import add_options
from cluster.requests.backtest import BacktestRequest
from cluster.requests.fields import options_of
from cluster.requests.ingest import IngestRequest
from cluster.requests.options import options, request_data
from cluster.requests.score import ScoreRequest
from cluster.requests.sweep import SweepRequest
from cluster.requests.train import TrainRequest
from market.strategies import strategy_names
from market.universes import MEMBER, UNIVERSE, UniverseName
from tests.examples import examples

MODELS = [kind.model() for kind in KINDS.values()]
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
BPS = st.floats(0, 1000)
SYMBOLS = st.lists(
    st.from_regex(r"[A-Za-z0-9^][A-Za-z0-9.:\-^=_]{0,20}", fullmatch=True), max_size=4
)


def maybe(values):
    return st.none() | values


@st.composite
def spans(draw, least_days=0):
    """A first and a last session in order, or one of them, or none."""
    start, end = draw(maybe(DAYS)), draw(maybe(DAYS))
    if start and end and (end - start).days < least_days:
        return {"start": None, "end": end}
    return {"start": start, "end": end}


@st.composite
def universes(draw):
    """A universe, members, or both."""
    members = tuple(draw(st.lists(st.from_regex(MEMBER, fullmatch=True), unique=True, max_size=4)))
    whole = st.from_regex(UNIVERSE, fullmatch=True).map(lambda text: str(UniverseName.parse(text)))
    return {"universe": draw(maybe(whole) if members else whole), "members": members}


@st.composite
def backtests(draw):
    parameters = draw(st.sampled_from([{}, {"fast": 10}, {"fast": 5, "slow": 30}]))
    return BacktestRequest(
        strategy="sma-cross" if parameters else draw(st.sampled_from(strategy_names())),
        parameters=parameters,
        family=draw(maybe(st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True))),
        **draw(universes()),
        **draw(spans(least_days=1)),
        mode=draw(maybe(st.sampled_from(["next-open", "total-return"]))),
        initial_cash=draw(st.decimals(Decimal("0.01"), 10**12, places=2)),
        commission_bps=draw(BPS),
        slippage_bps=draw(BPS),
    )


@st.composite
def scores(draw):
    symbols = tuple(draw(SYMBOLS))
    return ScoreRequest(
        model=draw(st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True)),
        version=draw(st.sampled_from(["champion", "challenger", "previous", "1", "12"])),
        symbols=symbols,
        **({} if symbols else draw(universes())),
        **draw(spans()),
    )


TRAININGS = st.builds(
    TrainRequest,
    hidden=st.lists(st.integers(1, 256), min_size=1, max_size=4).map(tuple),
    learning_rate=st.floats(1e-6, 0.1),
    weight_decay=st.floats(0, 10),
    epochs=st.integers(1, 100),
    seed=maybe(st.integers(0, 2**32 - 1)),
    promote=st.booleans(),
)
INGESTS = st.builds(
    IngestRequest,
    dataset=st.sampled_from(["synthetic", "sample", "alpaca"]),
    symbols=SYMBOLS.map(tuple),
    since=maybe(DAYS),
)


def rising(numbers, **more):
    """A range between two different numbers."""
    ends = st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted)
    return ends.map(lambda pair: {"low": pair[0], "high": pair[1], **more})


def listed(values):
    return st.lists(values, min_size=1, max_size=4)


SWEEPS = st.builds(
    SweepRequest,
    universe=maybe(st.just("sample")),
    space=maybe(
        st.fixed_dictionaries(
            {"hidden": listed(st.lists(st.integers(1, 256), min_size=1, max_size=4))},
            optional={
                "learning_rate": listed(st.floats(1e-6, 0.1))
                | rising(st.floats(1e-6, 0.1), log=True),
                "weight_decay": listed(st.floats(0, 10)) | rising(st.floats(0, 10)),
                "epochs": listed(st.integers(1, 100)) | rising(st.integers(1, 100)),
            },
        )
    ),
    trials=maybe(st.integers(1, 1000)),
    budget_s=maybe(st.integers(1, 604_800)),
)
REQUESTS = st.one_of(backtests(), scores(), TRAININGS, INGESTS, SWEEPS)


def by_argparse(model, words):
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_options(parser, model)
    return vars(parser.parse_args(words))


def by_click(model, words):
    @click.command()
    @request_options(model)
    def command(**given):
        return given

    return command.main(words, standalone_mode=False)


@examples(100)
@given(request=REQUESTS)
def test_a_request_survives_each_command_line(request):
    model, words = type(request), options(request)
    for parse in (by_argparse, by_click):
        again = model.model_validate(request_data(model, parse(model, words)))
        assert again == request
        assert repr(again) == repr(request)


@pytest.mark.parametrize("model", MODELS)
def test_every_field_has_an_option_whose_help_stands_alone(model):
    found = options_of(model)
    assert [option.field for option in found] == list(model.model_fields)
    for option in found:
        assert option.help[0].isupper(), option
        assert option.help.partition("  [")[0].endswith("."), option
        assert not option.help.startswith(("Of ", "Such ")), option


def test_help_says_bounds_and_defaults():
    told = {option.field: option.help for option in options_of(TrainRequest)}
    assert told["epochs"] == "Passes over the rows.  [from 1 to 100; default: 8]"
    assert told["hidden"].endswith("[from 1 to 256; default: 64,32]")
    assert told["seed"].endswith("[from 0 below 4,294,967,296]")
    assert told["promote"].endswith("[default: yes]")


def test_what_is_left_out_is_left_to_the_model():
    for parse in (by_argparse, by_click):
        assert request_data(TrainRequest, parse(TrainRequest, [])) == {}


def test_one_pair_is_named_by_its_option_where_it_is_wrong():
    with pytest.raises(BadInput, match="--param 'fast': expected NAME=VALUE") as info:
        request_data(BacktestRequest, {"parameters": ("fast",)})
    assert [fault.loc for fault in info.value.faults] == ["parameters"]
