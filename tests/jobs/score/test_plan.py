"""What a scoring settles, and what it refuses before anything runs."""

from datetime import date

import pytest

from cluster.errors import BadInput, NotFound
from cluster.registry.artifact import ArtifactError
from cluster.stores.lake import Lake
from jobs.score.model import find_model
from market.universes import Membership
from tests.jobs.score.conftest import Folders, manifest, network
from tests.lakes import FIRST, LAST, RECORDED


def test_the_span_is_cut_to_the_sessions_that_exist(held, plan):
    every = plan(held)
    assert (every.start, every.end) == (FIRST, LAST)
    weekend = plan(held, symbols=["AAPL"], start="2022-01-01", end="2022-01-09")
    assert (weekend.start, weekend.end) == (date(2022, 1, 3), date(2022, 1, 7))
    assert weekend.sessions == 5


def test_an_instrument_with_too_little_history_is_skipped_and_says_why(held, plan):
    made = plan(held)
    assert made.instrument_ids == ("synthetic:SYN001", "synthetic:SYN002")
    assert made.skipped == {
        "synthetic:SYN003": "has 369 sessions up to the end of the span, and one answer reads 1281"
    }
    other = plan(held, symbols=["AAPL", "SYN001"], start="2025-01-01")
    assert other.skipped == {"sample:AAPL": "has no bars in the span"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"universe": "nasdaq"}, "universe 'nasdaq' is unknown; expected one of synthetic, sample, index"),
        ({"universe": "index"}, "universe 'index' has no instruments yet"),
        ({"symbols": ["SYN01", "AAPL", "MSFT"]}, "did you mean SYN001.*unknown symbol 'MSFT'"),
        ({"start": "2026-02-01"}, "no session of these instruments from 2026-02-01 to the last; "
         "they have 2021-06-01 to 2026-01-04"),
        ({"end": "2022-01-31"}, "nothing to score: synthetic:SYN001 has 245 sessions up to"),
        ({"model": "volatility-regim"}, "'volatility-regim' has no versions: expected one of vol"),
        ({"version": "7"}, "volatility-regime has no version 7: expected champion, 2, 1"),
        ({"version": "previous"}, "has no version previous"),
    ],
)  # fmt: skip
def test_bad_input_says_what_there_is(held, plan, fields, says):
    with pytest.raises(BadInput, match=says) as info:
        plan(held, **fields)
    assert info.value.exit_code == 2
    assert info.value.faults


def test_every_unknown_symbol_is_a_fault(held, plan):
    with pytest.raises(BadInput) as info:
        plan(held, symbols=["SYN01", "AAPL", "MSFT"])
    assert [fault.loc for fault in info.value.faults] == ["symbols.0", "symbols.2"]


def test_an_empty_lake_and_an_empty_registry_say_what_to_do(tmp_path, plan):
    with pytest.raises(NotFound, match="run `trii data ingest`"):
        plan(Lake(tmp_path / "lake"))
    with pytest.raises(NotFound, match="train one with `trii sweep run`"):
        find_model(Folders(tmp_path), "volatility-regime", "champion")


def test_a_folder_of_another_version_is_not_scored(tmp_path):
    registry = Folders(tmp_path)
    registry.add(manifest(version="3"), network(), under="volatility-regime-4")
    with pytest.raises(ArtifactError, match="holds volatility-regime version 3"):
        find_model(registry, "volatility-regime", "4")


def test_who_left_a_stored_universe_is_scored_too(lake, plan):
    left = Membership("two", "synthetic:SYN001", FIRST, date(2024, 1, 1), RECORDED)
    stays = Membership("two", "synthetic:SYN002", FIRST, None, RECORDED)
    lake.append_memberships([left, stays], recorded_at=RECORDED)
    made = plan(lake, universe="two", start="2025-12-01")
    assert made.instrument_ids == ("synthetic:SYN001", "synthetic:SYN002")


def test_a_symbol_means_what_it_meant_at_the_end_of_the_span(held, plan):
    with pytest.raises(BadInput, match="no AAPL on 2015-01-01: the symbol held from 2016-01-04"):
        plan(held, symbols=["AAPL"], end="2015-01-01")


def test_the_same_data_have_the_same_snapshot_whatever_else_the_lake_holds(lake, plan, do):
    before = plan(lake).snapshot
    do(lake)
    assert "scores@" in lake.snapshot()
    assert plan(lake).snapshot == before == "bars@4,instruments@2"


def test_only_work_of_some_seconds_goes_to_ray(held, plan):
    made = plan(held)
    assert made.sessions == 2 * ((LAST - FIRST).days + 1)
    assert made.is_small
    assert not type(made)(**{**vars(made), "sessions": 10_000_000}).is_small
