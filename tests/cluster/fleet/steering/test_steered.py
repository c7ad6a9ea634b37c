"""What the autoscaler may buy at a moment: refused types rest, pools are awake at the open."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cluster.fleet.render.aws import document
from cluster.fleet.source.reading import cluster_source, ground
from cluster.fleet.steering import __main__ as program
from cluster.fleet.steering.autoscaler import Told
from cluster.fleet.steering.opening import Opening
from cluster.fleet.steering.refusals import FIRST_PAUSE, LONGEST_PAUSE, Pause, paused
from cluster.fleet.steering.steered import steered

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def entry(pool, least=0, most=10):
    return {"labels": {f"trii/pool-{pool}": "true"}, "min_workers": least, "max_workers": most}


BASE = {
    "max_workers": 30,
    "available_node_types": {
        "head": {"max_workers": 0},
        "serve-a": entry("serve", 1),
        "serve-b": entry("serve", 1),
        "batch-spot": entry("batch"),
        "batch-on-demand": entry("batch", most=2),
        "gpu": entry("gpu", most=4),
    },
}


def at_(pauses=None, nodes=None, opening=None, now=NOW):
    made = steered(BASE, pauses=pauses or {}, nodes=nodes or {}, opening=opening, now=now)
    return {
        name: (found.get("min_workers", 0), found["max_workers"])
        for name, found in made["available_node_types"].items()
    }


PLAIN = at_()


def test_without_news_the_file_is_what_it_was():
    assert steered(BASE, pauses={}, nodes={}, opening=None, now=NOW) == BASE


def test_a_refused_type_keeps_what_it_has_until_its_pause_is_over():
    pause = {"batch-spot": Pause(NOW + MINUTE)}
    assert at_(pause) == PLAIN | {"batch-spot": (0, 0)}
    assert at_(pause, {"batch-spot": 3}) == PLAIN | {"batch-spot": (0, 3)}
    assert at_(pause, {"batch-spot": 99}) == PLAIN
    assert at_(pause, now=NOW + MINUTE) == PLAIN


def test_a_pool_that_is_refused_whole_is_asked_where_the_pause_ends_first():
    pauses = {"batch-spot": Pause(NOW + MINUTE), "batch-on-demand": Pause(NOW + 2 * MINUTE)}
    assert at_(pauses) == PLAIN | {"batch-on-demand": (0, 0)}
    # A pool of one type has nothing else to ask for.
    assert at_({"gpu": Pause(NOW + MINUTE)}) == PLAIN


def test_a_type_that_the_file_no_longer_has_is_forgotten():
    assert at_({"gone": Pause(NOW + MINUTE)}) == PLAIN


def test_each_refusal_after_a_pause_doubles_it_up_to_an_hour_and_peace_forgets():
    pauses, at, lengths = {}, NOW, []
    for _ in range(6):
        pauses = paused(pauses, {"spot": at})
        lengths.append(pauses["spot"].until - at)
        # What was refused while it paused had been asked before.
        assert paused(pauses, {"spot": pauses["spot"].until}) == pauses
        at = pauses["spot"].until + MINUTE
    assert lengths == [FIRST_PAUSE * 2**n for n in range(4)] + [LONGEST_PAUSE] * 2
    later = pauses["spot"].until + LONGEST_PAUSE + MINUTE
    assert paused(pauses, {"spot": later})["spot"] == Pause(later + FIRST_PAUSE)


OPENING = Opening(
    calendar="XNYS", minutes_before=10, minutes_after=60, nodes={"serve-a": 3, "serve-b": 40}
)
OPEN = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "awake"),
    [
        (OPEN - 11 * MINUTE, False),
        (OPEN - 10 * MINUTE, True),
        (OPEN + 59 * MINUTE, True),
        (OPEN + 60 * MINUTE, False),
        # In summer the same market opens an hour earlier by UTC; on a Sunday not at all.
        (datetime(2026, 7, 1, 13, 25, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 14, 35, tzinfo=UTC), False),
        (datetime(2026, 11, 29, 14, 30, tzinfo=UTC), False),
        # Thanksgiving.
        (datetime(2026, 11, 26, 14, 30, tzinfo=UTC), False),
    ],
)
def test_nodes_run_before_the_open_of_a_session_and_no_other_time(moment, awake):
    assert OPENING.holds(moment) is awake
    wanted = {"serve-a": (3, 10), "serve-b": (10, 10)} if awake else {}
    assert at_(opening=OPENING, now=moment) == PLAIN | wanted


@given(
    st.dictionaries(st.sampled_from(sorted(PLAIN)), st.integers(-90, 90)),
    st.dictionaries(st.sampled_from(sorted(PLAIN)), st.integers(0, 20)),
    st.integers(0, 24 * 60),
)
def test_bounds_stay_within_the_file_and_no_node_that_runs_within_them_is_ended(
    until, nodes, minute
):
    now = OPEN + minute * MINUTE
    pauses = {name: Pause(now + minutes * MINUTE) for name, minutes in until.items()}
    for name, (least, most) in at_(pauses, nodes, OPENING, now).items():
        assert 0 <= least <= most <= PLAIN[name][1]
        assert most >= min(nodes.get(name, 0), PLAIN[name][1])


def test_the_program_writes_whole_files_and_follows_a_new_one_of_ray_up(tmp_path):
    source, target = tmp_path / "given.yaml", tmp_path / "steered.yaml"
    source.write_text(yaml.safe_dump(BASE))
    steering = program.Steering(source, target, opening=None, clock=lambda: NOW)
    assert steering.write()
    assert yaml.safe_load(target.read_text()) == BASE
    assert not steering.write()
    steering.learn(Told(refused={"batch-spot": NOW}))
    assert steering.write()
    written = yaml.safe_load(target.read_text())
    assert written["available_node_types"]["batch-spot"]["max_workers"] == 0
    source.write_text(yaml.safe_dump(BASE | {"max_workers": 7}))
    assert steering.write()
    assert yaml.safe_load(target.read_text())["max_workers"] == 7
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.yaml", "steered.yaml"]


@pytest.mark.parametrize("text", [None, "{", "[]", "max_workers: 3"])
def test_a_file_that_is_none_of_a_cluster_is_one_line_and_writes_nothing(tmp_path, text):
    source = tmp_path / "given.yaml"
    if text is not None:
        source.write_text(text)
    told = ["--from", str(source), "--to", str(tmp_path / "steered.yaml")]
    done = CliRunner().invoke(program.main, told)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert str(source) in done.output
    assert not (tmp_path / "steered.yaml").exists()


def test_an_opening_of_the_source_is_rendered_for_the_node_types_of_its_pool():
    source = cluster_source("production")
    assert source.opening is not None
    environment = document(source, ground(None))["head_start_ray_commands"][0]
    told = environment.partition("TRII_OPENING='")[2].partition("'\n")[0]
    opening = Opening.model_validate_json(told)
    assert sum(opening.nodes.values()) == source.opening.nodes["serve"]
    assert opening.nodes.keys() <= document(source, ground(None))["available_node_types"].keys()


def held(pool, nodes, pauses=None):
    made = steered(BASE, pauses=pauses or {}, nodes={}, opening=None, now=NOW, floors={pool: nodes})
    return {
        name: entry["min_workers"]
        for name, entry in made["available_node_types"].items()
        if entry.get("labels", {}).get(f"trii/pool-{pool}")
    }


@given(st.sampled_from(["serve", "batch", "gpu"]), st.integers(1, 50))
def test_a_pool_held_ready_has_its_nodes_as_far_as_its_bounds_go(pool, nodes):
    least, most = held(pool, 0), {"serve": 20, "batch": 12, "gpu": 4}[pool]
    found = held(pool, nodes)
    assert sum(found.values()) == min(most, max(nodes, sum(least.values())))
    assert all(found[name] >= low for name, low in least.items())


def test_a_paused_type_is_not_held_ready_but_the_next_of_its_pool():
    paused_type = {"batch-spot": Pause(NOW + MINUTE)}
    assert held("batch", 2, paused_type) == {"batch-spot": 0, "batch-on-demand": 2}
