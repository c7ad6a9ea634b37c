"""A training request is refused whole, with every fault, or it is right."""

import pytest

from cluster.errors import BadInput
from cluster.requests.options import options, request_data
from cluster.requests.train import TrainRequest, parse_train


def faults(**fields):
    with pytest.raises(BadInput) as info:
        parse_train(fields)
    return {fault.loc: fault.msg for fault in info.value.faults}


def test_nothing_has_to_be_said():
    assert parse_train({}) == TrainRequest()
    assert (TrainRequest().seed, TrainRequest().promote) == (None, True)


def test_a_full_request_survives_json_and_the_command_line():
    request = parse_train(
        {
            "model": "volatility-regime",
            "hidden": [32, 16, 8],
            "learning_rate": 1e-5,
            "weight_decay": 0,
            "epochs": 20,
            "seed": 2**32 - 1,
            "promote": False,
        }
    )
    assert request.hidden == (32, 16, 8)
    assert parse_train(request.model_dump(mode="json")) == request
    words = dict(word.removeprefix("--").partition("=")[::2] for word in options(request))
    assert words.pop("no-promote") == ""
    given = {name.replace("-", "_"): text for name, text in words.items()} | {"promote": False}
    assert parse_train(request_data(TrainRequest, given)) == request


def test_every_fault_is_listed_at_once_and_no_value_comes_back():
    found = faults(
        model="SECRET", hidden=[8, 0, "SECRET"], learning_rate=float("nan"), weight_decay="SECRET",
        epochs=True, seed=-1, promote="SECRET", colour=1,
    )  # fmt: skip
    assert set(found) == {
        "model", "hidden.1", "hidden.2", "learning_rate", "weight_decay", "epochs", "seed",
        "promote", "colour",
    }  # fmt: skip
    assert "SECRET" not in str(found)


@pytest.mark.parametrize("model", ["return-quantiles", "Volatility-Regime", "", 3, None, ["x"]])
def test_another_model_is_answered_with_the_one_that_is_trained(model):
    assert faults(model=model) == {
        "model": "model: expected volatility-regime, the only one that is trained today"
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"hidden": []},
        {"hidden": [8] * 5},
        {"hidden": [257]},
        {"hidden": "64"},
        {"learning_rate": 0},
        {"learning_rate": 0.11},
        {"learning_rate": 10**400},
        {"weight_decay": -1},
        {"weight_decay": 10.1},
        {"epochs": 0},
        {"epochs": 101},
        {"epochs": 1.5},
        {"seed": 2**32},
        {"promote": 1},
    ],
)
def test_what_is_out_of_bounds_names_its_field(fields):
    assert {loc.partition(".")[0] for loc in faults(**fields)} == set(fields)
