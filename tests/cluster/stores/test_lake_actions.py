"""Corporate actions on two clocks: announced, changed, called off."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cluster.errors import BadInput
from market.actions import Delisting, Dividend, Rename, SpinOff, Split

ANNOUNCED = datetime(2024, 3, 1, 13, tzinfo=UTC)
RECORDED = datetime(2024, 3, 1, 14, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("lake", ["disk", "s3"], indirect=True)


def dividend(amount=0.5, *, announced=ANNOUNCED, currency="USD"):
    return Dividend(
        instrument_id="t:A",
        ex_date=date(2024, 3, 15),
        available_at=announced,
        amount=amount,
        currency=currency,
        pay_date=date(2024, 4, 1),
    )


ONE_OF_EACH = [
    dividend(),
    Split(instrument_id="t:A", ex_date=date(2024, 3, 20), available_at=ANNOUNCED, ratio=2.0),
    SpinOff(
        instrument_id="t:B",
        ex_date=date(2024, 3, 20),
        available_at=ANNOUNCED,
        child_id="t:C",
        ratio=0.25,
        child_price=12.0,
    ),
    Rename(instrument_id="t:B", ex_date=date(2024, 5, 1), available_at=ANNOUNCED, new_symbol="NEW"),
    Delisting(instrument_id="t:C", ex_date=date(2024, 6, 3), available_at=ANNOUNCED, haircut=0.3),
]


def test_every_kind_comes_back_as_it_was_given(lake):
    assert lake.append_actions("t", ONE_OF_EACH, recorded_at=RECORDED).written == 5
    found = lake.actions()
    assert sorted(found, key=lambda one: one.key) == sorted(ONE_OF_EACH, key=lambda one: one.key)
    assert {one.instrument_id for one in lake.actions(["t:B"])} == {"t:B"}


def test_the_same_actions_again_write_nothing(lake):
    lake.append_actions("t", ONE_OF_EACH, recorded_at=RECORDED)
    again = lake.append_actions("t", ONE_OF_EACH, recorded_at=RECORDED + timedelta(days=1))
    assert (again.written, again.unchanged) == (0, 5)


def test_an_action_is_unknown_before_its_announcement(lake):
    lake.append_actions("t", [dividend()], recorded_at=RECORDED)
    assert lake.actions(as_of=ANNOUNCED - timedelta(seconds=1)) == []
    assert lake.actions(as_of=ANNOUNCED) == [dividend()]


def test_a_raised_dividend_supersedes_from_its_own_announcement(lake):
    raised = dividend(0.6, announced=ANNOUNCED + timedelta(days=3))
    lake.append_actions("t", [dividend()], recorded_at=RECORDED)
    lake.append_actions("t", [raised], recorded_at=RECORDED + timedelta(days=30))
    assert lake.actions(as_of=ANNOUNCED + timedelta(days=2)) == [dividend()]
    assert lake.actions(as_of=ANNOUNCED + timedelta(days=3)) == [raised]


def test_a_silent_correction_is_unknown_until_it_was_recorded(lake):
    lake.append_actions("t", [dividend()], recorded_at=RECORDED)
    lake.append_actions("t", [dividend(0.7)], recorded_at=RECORDED + timedelta(days=30))
    assert lake.actions(as_of=RECORDED + timedelta(days=29)) == [dividend()]
    assert lake.actions(as_of=RECORDED + timedelta(days=30)) == [dividend(0.7)]


def test_an_action_called_off_no_longer_stands_and_earlier_snapshots_keep_it(
    lake, delivery, make_instrument
):
    lake.append_instruments("t", [make_instrument("t:A", "A")], recorded_at=RECORDED)
    lake.append_bars(
        "t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=RECORDED + timedelta(days=400)
    )
    lake.append_actions("t", [dividend()], recorded_at=RECORDED)
    before = lake.snapshot()
    called_off = dividend(announced=ANNOUNCED + timedelta(days=5))
    lake.append_actions("t", [called_off], recorded_at=RECORDED + timedelta(days=5), withdrawn=True)
    assert lake.actions() == []
    assert lake.actions(as_of=ANNOUNCED + timedelta(days=4)) == [dividend()]
    assert lake.actions(snapshot=before) == [dividend()]


def test_a_foreign_action_and_an_unknown_currency_are_refused(lake):
    with pytest.raises(BadInput, match="t:A does not belong to u"):
        lake.append_actions("u", [dividend()], recorded_at=RECORDED)
    with pytest.raises(BadInput, match=r"unknown currency 'GBX'.*ISO 4217"):
        lake.append_actions("t", [dividend(currency="GBX")], recorded_at=RECORDED)
    assert lake.actions() == []
