"""Members of a universe: the file reaches trainings and sweeps, their data and their versions' lineage."""

import json

import pytest

from cluster.queue import commands as queue
from cluster.requests.options import request_data
from cluster.requests.sweep import SweepRequest, parse_sweep
from cluster.requests.train import TrainRequest, parse_train
from cluster.requests.universe import digest, named

RUNS = [("pipeline", "run"), ("sweep", "run")]


@pytest.fixture
def members(tmp_path):
    """Writes a file of members; gives its path."""

    def write(*lines):
        path = tmp_path / "members.txt"
        path.write_text("\n".join(lines))
        return str(path)

    return write


@pytest.mark.parametrize("command", RUNS)
def test_the_members_of_a_file_reach_the_job(on_queue, queued, members, command):
    path = members("AAPL  # the first", "", "sample:MSFT", "AAPL")
    code, out, err = on_queue(*command, "--members", path, "--detach", "--json")
    assert code == 0, err
    made = queue.get(queued, json.loads(out)["id"])
    assert "--members=AAPL,sample:MSFT" in made.arguments
    parse, model = (
        (parse_train, TrainRequest) if command[0] == "pipeline" else (parse_sweep, SweepRequest)
    )
    given = {"members": "AAPL,sample:MSFT"}
    assert parse(request_data(model, given)).members == ("AAPL", "sample:MSFT")


@pytest.mark.parametrize("command", RUNS)
@pytest.mark.parametrize(
    ("lines", "universe", "says"),
    [
        (["AAPL", "NOPE"], "sample", "universe sample has no NOPE"),
        (["APPL"], None, "the lake has no APPL; did you mean AAPL"),
        (["MSFT"], None, "universe 'MSFT' has no daily bars: run `trii data ingest`"),
        (["MS FT"], None, "line 1: expected SYMBOL or DATASET:SYMBOL"),
        (["# nobody"], None, "names no member"),
        (["AAPL"], "smaple", "did you mean sample"),
    ],
)
def test_what_can_not_be_learnt_from_is_refused_before_a_job_is_made(
    on_queue, queued, members, command, lines, universe, says
):
    named_universe = ["--universe", universe] if universe else []
    code, out, err = on_queue(*command, "--members", members(*lines), *named_universe)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert queue.list_jobs(queued) == []


def test_a_universe_of_many_symbols_has_a_short_name_that_tells_it_apart():
    many = [f"S{n}" for n in range(200)]
    inline = f"mine:{','.join(many)}"
    assert named("mine:A,B", ()) == "mine:A,B"
    assert named(None, ["A", "mine:B"]) == "A,mine:B"
    assert named("mine", many) == named(inline, ())
    assert len(named(inline, many[:50])) < 120
    assert named(inline, ()) != named(inline.replace("S199", "T199"), ())
    assert digest(many) == digest(many[::-1])
    assert digest(many) != digest(many[1:])
