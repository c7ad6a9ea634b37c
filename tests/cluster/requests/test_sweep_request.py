"""A sweep is asked for by a space of networks: said in YAML or JSON, refused by the place of its fault."""

import re
from pathlib import Path

import pytest

from cluster.errors import BadInput
from cluster.requests.documents import read_document
from cluster.requests.options import options, request_data
from cluster.requests.space import USUAL, Space
from cluster.requests.sweep import SweepRequest, parse_sweep


def fault(**fields):
    with pytest.raises(BadInput) as info:
        parse_sweep(fields)
    return str(info.value)


def read(tmp_path, text):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    return read_document("space", str(path))


def test_nothing_has_to_be_said():
    assert parse_sweep({}) == SweepRequest()
    assert (SweepRequest().searched, USUAL.points) == (USUAL, 12)


def test_a_file_says_values_one_value_or_a_range_and_what_it_leaves_out_is_a_trainings(tmp_path):
    said = read(
        tmp_path,
        """
        hidden: [[64, 32], [16]]         # networks
        learning_rate: {low: 1e-4, high: 1e-2, log: true}
        epochs: 4
        """,
    )
    space = parse_sweep({"space": said}).space
    assert space.hidden == ((64, 32), (16,))
    assert (space.learning_rate.low, space.learning_rate.high) == (1e-4, 1e-2)
    assert (space.epochs, space.weight_decay) == ((4,), (1.0,))


def test_a_file_in_a_folder_in_braces_is_no_document(tmp_path, monkeypatch):
    (tmp_path / "{x}").mkdir()
    (tmp_path / "{x}/space.yaml").write_text("epochs: 4\n")
    monkeypatch.chdir(tmp_path)
    assert read_document("space", "{x}/space.yaml") == {"epochs": 4}
    assert read_document("space", "{epochs: 4}\n") == {"epochs": 4}
    for broken in ("{epochs: 4", "{x}/absent.yaml", "{" + "x" * 5000):
        with pytest.raises(BadInput, match="--space, line 1"):
            read_document("space", broken)


def test_a_full_request_survives_the_words_of_its_job():
    space = {
        "hidden": [[256] * 4] * 50,
        "learning_rate": [1e-6 + at * 1.7e-5 for at in range(50)],
        "weight_decay": {"low": 0, "high": 10},
        "epochs": {"low": 1, "high": 100, "log": True},
    }
    full = {"universe": "sample", "space": space, "trials": 1000, "seed": 3, "budget_s": 60}
    request = parse_sweep({**full, "promote": False})
    words = dict(word.removeprefix("--").partition("=")[::2] for word in options(request))
    assert max(map(len, words.values())) < 4000  # the most that a job takes in one argument
    assert words.pop("no-promote") == ""
    given = {name.replace("-", "_"): text for name, text in words.items()} | {"promote": False}
    assert parse_sweep(request_data(SweepRequest, given)) == request


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ({}, "space: empty: expected at least one of hidden, learning_rate"),
        ({"rate": [1], "<b>": 1}, "space: unknown rate: expected hidden, learning_rate"),
        ({"<b>": 1}, "space: unknown names: expected hidden"),
        ({"learning_rate": []}, "space.learning_rate.values: "),
        ({"learning_rate": [0.01, 1]}, "space.learning_rate.values.1: "),
        ({"learning_rate": ["0.01"]}, "space.learning_rate.values.0: "),
        ({"learning_rate": {"low": 0.1, "high": 0.01}}, "space.learning_rate.range: expected low "),
        ({"weight_decay": {"low": 0, "high": 1, "log": True}}, "range: expected low above 0"),
        ({"epochs": {"low": 5, "high": 5}}, "space.epochs.range: expected low below high"),
        ({"epochs": {"low": 1.5, "high": 3}}, "space.epochs.range.low: "),
        ({"epochs": True}, "space.epochs.values.0: "),
        ({"hidden": [64, 32]}, "such as [[64, 32], [16]]"),
        ({"hidden": 64}, "such as [[64, 32], [16]]"),
        ({"hidden": [[64, 0]]}, "space.hidden.0.1: "),
        ([1], "space: expected a mapping of hidden"),
        ("hidden", "space: expected a mapping of hidden"),
        ({"epochs": list(range(1, 51)), "weight_decay": list(range(11)),
          "learning_rate": [0.01, 0.02]}, "the space has 1,100 points: expected trials"),
    ],
)  # fmt: skip
def test_a_wrong_space_is_refused_by_its_place(space, says):
    assert says in fault(space=space)


def test_a_large_space_is_taken_with_a_number_of_trials():
    space = {"epochs": list(range(1, 51)), "weight_decay": [at / 5 for at in range(50)]}
    assert parse_sweep({"space": space, "trials": 3}).searched.points == 2500


@pytest.mark.parametrize("fields", [{"trials": 0}, {"trials": 1001}, {"budget_s": 0}, {"seed": -1}])
def test_what_is_out_of_bounds_names_its_field(fields):
    assert fault(**fields).startswith(f"sweep: {next(iter(fields))}: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hidden: [[64, 32]\nepochs: 3", ", line 2: "),
        ("epochs: 3\nepochs: 4\n", ", line 2: epochs is said twice"),
        ("a: !!python/object:os.system []", "line 1"),
        ("\x00", "space.yaml"),
    ],
)
def test_a_file_that_is_no_yaml_is_refused_with_its_line(tmp_path, text, says):
    with pytest.raises(BadInput, match=says.replace("[", r"\[")) as info:
        read(tmp_path, text)
    assert [one.loc for one in info.value.faults] == ["space"]


def test_the_space_of_the_documentation_is_taken(tmp_path):
    page = (Path(__file__).parents[3] / "docs/training.md").read_text()
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    space = parse_sweep({"space": read(tmp_path, text)}).space
    assert (space.hidden, space.epochs) == (USUAL.hidden, (8,))
    assert space.points is None


def test_an_empty_file_is_an_empty_space(tmp_path):
    assert "empty" in fault(space=read(tmp_path, "# nothing yet\n"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    for path in (tmp_path / "no.yaml", tmp_path):
        with pytest.raises(BadInput, match="expected a YAML file"):
            read_document("space", str(path))


def test_a_space_says_how_many_networks_it_holds():
    assert Space(hidden=((8,), (4,)), epochs=(1, 2, 3)).points == 6
    assert parse_sweep({"space": {"epochs": {"low": 1, "high": 2}}}).searched.points is None
