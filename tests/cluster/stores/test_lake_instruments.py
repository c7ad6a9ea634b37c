import pickle
from datetime import UTC, date, datetime

import pytest

from cluster.errors import BadInput, UnknownSymbol
from cluster.stores.lake import Lake
from market.errors import BadParameter

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def add(lake):
    def append(*instruments, recorded_at=LATER):
        dataset = instruments[0].dataset
        return lake.append_instruments(dataset, instruments, recorded_at=recorded_at)

    return append


def test_a_symbol_resolves_to_its_instrument_by_symbol_and_by_id(lake, add, make_instrument):
    alpha = make_instrument("t:A", "ALPHA")
    add(alpha)
    assert lake.resolve("ALPHA", at=LATER) == alpha
    assert lake.resolve("t:A", at=LATER) == alpha
    assert lake.instruments() == [alpha]


def test_an_unknown_symbol_is_named_with_near_ones(lake, add, make_instrument):
    add(make_instrument("t:A", "AAPL"), make_instrument("t:B", "MSFT"))
    with pytest.raises(
        UnknownSymbol, match=r"unknown symbol 'APPL' .* did you mean AAPL"
    ) as caught:
        lake.resolve("APPL", at=LATER)
    assert caught.value.near == ("AAPL",)
    assert lake.near("MSF") == ["MSFT"]


def test_an_empty_lake_tells_how_to_fill_it(lake):
    with pytest.raises(UnknownSymbol, match="trii data ingest"):
        lake.resolve("AAPL", at=LATER)


def test_a_reused_ticker_means_the_instrument_that_had_it_on_that_day(lake, add, make_instrument):
    old = make_instrument("t:OLD", "TICK", valid_to=date(2022, 6, 1))
    new = make_instrument("t:NEW", "TICK", valid_from=date(2022, 6, 1))
    add(old, new)
    assert lake.resolve("TICK", at=datetime(2022, 5, 31, 23, 59, tzinfo=UTC)) == old
    assert lake.resolve("TICK", at=datetime(2022, 6, 1, tzinfo=UTC)) == new
    assert lake.instruments(as_of=datetime(2021, 1, 1, tzinfo=UTC)) == [old]


def test_a_ticker_between_two_uses_is_unknown(lake, add, make_instrument):
    add(make_instrument("t:OLD", "TICK", valid_to=date(2022, 6, 1)))
    with pytest.raises(UnknownSymbol, match=r"2023-01-01: the symbol held from .* to 2022-06-01"):
        lake.resolve("TICK", at=datetime(2023, 1, 1, tzinfo=UTC))


def test_a_symbol_of_two_instruments_on_one_day_is_refused(lake, add, make_instrument):
    add(make_instrument("t:OLD", "TICK"))
    with pytest.raises(BadInput, match=r"TICK in t: .* overlap; end the first"):
        add(make_instrument("t:NEW", "TICK", valid_from=date(2024, 1, 1)))
    assert [one.instrument_id for one in lake.instruments()] == ["t:OLD"]


def test_an_instrument_with_two_symbols_on_one_day_is_refused(lake, add, make_instrument):
    with pytest.raises(BadInput, match="overlap"):
        add(make_instrument("t:A", "ONE"), make_instrument("t:A", "TWO"))


def test_a_rename_closes_one_interval_and_opens_the_next(lake, add, make_instrument):
    add(make_instrument("t:A", "FB"))
    before = f"bars@0,instruments@{lake.tables['instruments'].delta.version()}"
    renamed = date(2022, 6, 9)
    result = add(
        make_instrument("t:A", "FB", valid_to=renamed),
        make_instrument("t:A", "META", valid_from=renamed),
    )
    assert (result.written, result.restated) == (2, 1)
    assert lake.resolve("META", at=LATER).instrument_id == "t:A"
    assert lake.resolve("FB", at=datetime(2021, 1, 1, tzinfo=UTC)).instrument_id == "t:A"
    assert [one.valid_to for one in lake.instruments(snapshot=before)] == [None]


def test_an_interval_that_ends_before_it_begins_is_refused(make_instrument):
    with pytest.raises(BadParameter, match="valid_to=2021-01-01: expected 2022-01-01 or later"):
        make_instrument("t:A", "A", valid_from=date(2022, 1, 1), valid_to=date(2021, 1, 1))


def test_an_empty_interval_is_refused(add, make_instrument):
    day = date(2022, 1, 1)
    with pytest.raises(BadInput, match="ends before it begins"):
        add(make_instrument("t:A", "A", valid_from=day, valid_to=day))


def test_instruments_appended_twice_are_there_once(lake, add, make_instrument):
    add(make_instrument("t:A", "A"))
    assert add(make_instrument("t:A", "A")).written == 0
    assert len(Lake(lake.root).instruments()) == 1


def test_a_bare_symbol_of_several_datasets_is_the_first_ones_and_each_is_reached(
    lake, add, make_instrument
):
    for one in ("u:A", "t:A", "sample:A"):
        add(make_instrument(one, "A"))
    assert lake.resolve("A", at=LATER).instrument_id == "sample:A"
    assert lake.resolve("u:A", at=LATER).instrument_id == "u:A"
    ordered = Lake(lake.root, order=["u", "sample"])
    assert ordered.resolve("A", at=LATER).instrument_id == "u:A"
    copied = pickle.loads(pickle.dumps(ordered))
    assert copied.resolve("A", at=LATER).instrument_id == "u:A"
    assert Lake(lake.root, order=[]).resolve("A", at=LATER).instrument_id == "sample:A"


def test_a_dataset_before_a_symbol_reaches_an_instrument_of_another_id(lake, add, make_instrument):
    renamed = date(2024, 3, 1)
    add(
        make_instrument("t:A", "A", valid_to=renamed),
        make_instrument("t:A", "B", valid_from=renamed),
        make_instrument("t:C", "A", valid_from=renamed),
    )
    # By its permanent id first: what an answer has named once stays the same.
    assert [lake.resolve(name, at=LATER).instrument_id for name in ("t:A", "t:B", "A")] == [
        "t:A",
        "t:A",
        "t:C",
    ]


def test_a_foreign_instrument_is_refused(lake, make_instrument):
    with pytest.raises(BadInput, match="u:A does not belong to t"):
        lake.append_instruments("t", [make_instrument("u:A", "A")], recorded_at=LATER)


def test_an_unknown_universe_names_the_known_ones(lake):
    with pytest.raises(BadInput, match="synthetic, sample, index"):
        lake.universe("sp500")


def test_universes_are_told_apart_by_dataset_and_fields(lake, add, make_instrument):
    add(
        make_instrument("sample:MSFT", "MSFT"),
        make_instrument("sample:AAPL", "AAPL"),
        make_instrument("sample:^IXIC", "^IXIC", fields="ohlcv"),
    )
    assert [one.symbol for one in lake.universe("sample")] == ["AAPL", "MSFT"]
    assert [one.symbol for one in lake.universe("index")] == ["^IXIC"]
    assert lake.universe("synthetic") == []


def test_control_characters_of_a_symbol_do_not_reach_the_message(lake, add, make_instrument):
    add(make_instrument("t:A", "A"))
    with pytest.raises(UnknownSymbol) as caught:
        lake.resolve("A\n\x1b[31m", at=LATER)
    assert str(caught.value).isprintable()
