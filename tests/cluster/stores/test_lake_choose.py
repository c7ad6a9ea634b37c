"""A universe's name, and lists of members, as instruments: any dataset, any part of it, over datasets."""

from datetime import UTC, date, datetime

import pytest

from cluster.errors import BadInput
from cluster.stores.lake import Lake
from market.universes import Membership

LATER = datetime(2030, 1, 1, tzinfo=UTC)
RENAMED = date(2024, 3, 1)


@pytest.fixture(scope="module")
def held(tmp_path_factory, make_instrument):
    """`mine` with a renamed and a delisted instrument, `sample` of closes and one index, a universe."""
    lake = Lake(tmp_path_factory.mktemp("held") / "lake")
    mine = [
        make_instrument("mine:AAPL", "AAPL"),
        make_instrument("mine:OLD", "OLD", valid_to=RENAMED),
        make_instrument("mine:OLD", "NEW", valid_from=RENAMED),
        make_instrument("mine:GONE", "GONE", valid_to=RENAMED),
    ]
    sample = [
        make_instrument("sample:AAPL", "AAPL"),
        make_instrument("sample:^IXIC", "^IXIC", fields="ohlcv"),
    ]
    lake.append_instruments("mine", mine, recorded_at=LATER)
    lake.append_instruments("sample", sample, recorded_at=LATER)
    stays = [Membership("top", one, RENAMED, None, LATER) for one in ("mine:AAPL", "mine:GONE")]
    lake.append_memberships(stays, recorded_at=LATER)
    return lake


def ids(chosen):
    return [one.instrument_id for one in chosen.instruments]


@pytest.mark.parametrize(
    ("universe", "members", "expected"),
    [
        ("mine", (), ["mine:AAPL", "mine:GONE", "mine:OLD"]),
        ("mine:NEW", (), ["mine:OLD"]),
        ("mine:OLD,GONE,OLD", (), ["mine:GONE", "mine:OLD"]),
        ("mine", ("mine:NEW", "AAPL"), ["mine:AAPL", "mine:OLD"]),
        ("sample", (), ["sample:AAPL"]),
        ("index", (), ["sample:^IXIC"]),
        ("sample:AAPL,^IXIC", (), ["sample:AAPL", "sample:^IXIC"]),
        ("top", (), ["mine:AAPL", "mine:GONE"]),
        ("top:GONE", (), ["mine:GONE"]),
        (None, ("AAPL", "mine:GONE"), ["mine:GONE", "sample:AAPL"]),
        (None, ("mine:AAPL", "sample:AAPL"), ["mine:AAPL", "sample:AAPL"]),
        ("synthetic", (), []),
    ],
)
def test_a_name_means_these_instruments(held, universe, members, expected):
    chosen = held.choose(universe, members)
    assert ids(chosen) == expected
    assert chosen.stored == ("top" if universe and universe.startswith("top") else None)


def test_a_symbol_is_that_of_the_day_and_else_the_last_ones_that_had_it(lake, make_instrument):
    listings = [
        make_instrument("mine:OLD", "OLD", valid_to=RENAMED),
        make_instrument("mine:OLD", "NEW", valid_from=RENAMED),
        make_instrument("mine:X", "OLD", valid_from=RENAMED),
        make_instrument("mine:GONE", "GONE", valid_to=RENAMED),
    ]
    lake.append_instruments("mine", listings, recorded_at=LATER)
    asked = {day: ids(lake.choose("mine:OLD", on=day)) for day in (date(2024, 1, 1), RENAMED, None)}
    assert list(asked.values()) == [["mine:OLD"], ["mine:X"], ["mine:X"]]
    assert ids(lake.choose("mine:GONE", on=date(2029, 1, 1))) == ["mine:GONE"]


@pytest.mark.parametrize(
    ("universe", "members", "loc", "says"),
    [
        ("mines", (), "universe", "universe 'mines' is unknown; did you mean mine"),
        ("qqq", (), "universe", "expected one of synthetic, sample, index, mine, top"),
        ("mine:AAPLE", (), "universe", "universe mine has no AAPLE; did you mean AAPL?"),
        ("mine", ("AAPL", "^IXIC"), "members.1", "universe mine has no ^IXIC"),
        ("mine", ("sample:AAPL",), "members.0", "universe mine has no sample:AAPL"),
        (None, ("QQQQ",), "members.0", "the lake has no QQQQ; `trii data symbols` lists them"),
        ("Mine", (), "universe", "such as mine:AAPL,MSFT"),
        ("mine:", (), "universe", "such as mine:AAPL,MSFT"),
    ],
)
def test_what_is_unknown_is_refused_with_near_names(held, universe, members, loc, says):
    with pytest.raises(BadInput) as info:
        held.choose(universe, members)
    (fault,) = info.value.faults
    assert fault.loc == loc
    assert says in fault.msg


def test_every_unknown_member_is_told_by_its_place(held):
    with pytest.raises(BadInput, match="and 2 more") as info:
        held.choose("mine", ["A", "AAPL", "B", "C", "D", "E"])
    assert [fault.loc for fault in info.value.faults] == [f"members.{n}" for n in (0, 2, 3, 4, 5)]


def test_a_stored_universe_and_a_dataset_never_share_a_name(held, make_instrument):
    stay = Membership("mine", "mine:AAPL", RENAMED, None, LATER)
    with pytest.raises(BadInput, match="'mine' is a dataset"):
        held.append_memberships([stay], recorded_at=LATER)
    with pytest.raises(BadInput, match="'top' is a stored universe"):
        held.append_instruments("top", [make_instrument("top:A", "A")], recorded_at=LATER)
