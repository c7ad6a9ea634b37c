"""The table of schedules: jobs that exist, with arguments that they take."""

from importlib.util import find_spec

import pytest
from pydantic import SecretStr

import market.calendar
from cluster.errors import ConfigError, NotFound
from cluster.queue.rules.kinds import INGEST
from cluster.queue.rules.words import parser_of
from cluster.schedules.settings import CALENDARS
from cluster.schedules.table import find_schedule, schedules
from cluster.settings import Settings, load_settings
from jobs import check_freshness


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def test_every_schedule_runs_a_module_that_is_there(settings):
    for one in schedules(settings).values():
        program = find_spec(f"{one.module}.__main__") if one.module == "jobs.ingest" else None
        assert program or find_spec(one.module), one.name


@pytest.mark.parametrize(
    ("module", "parser"),
    [("jobs.ingest", parser_of(INGEST)), ("jobs.check_freshness", check_freshness._parser())],
)
def test_the_arguments_are_those_that_the_module_takes(settings, module, parser):
    (schedule,) = [found for found in schedules(settings).values() if found.module == module]
    assert parser.parse_args(schedule.arguments)


def test_two_occurrences_have_two_keys_and_one_has_the_same_key_again(settings, clock):
    ingest = find_schedule(settings, "ingest-synthetic")
    first, again = ingest.request(clock()), ingest.request(clock())
    clock.later(days=1)
    assert first == again
    assert ingest.request(clock()).idempotency_key != first.idempotency_key


def test_alpaca_is_taken_in_after_new_york_closes_where_there_are_keys(settings):
    assert "ingest-alpaca" not in schedules(settings)
    with_keys = settings.model_copy(update={"alpaca_api_key": SecretStr("key")})
    when = find_schedule(with_keys, "ingest-alpaca").when
    assert str(when) == "30 min after the close of XNYS"
    assert "alpaca" in find_schedule(with_keys, "freshness-check").arguments


def test_datasets_of_ones_own_are_taken_in_by_their_calendar(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_INGEST_CALENDARS", '{"mine": "XLON"}')
    monkeypatch.setenv("TRII_INGEST_DELAY_MIN", "45")
    when = find_schedule(load_settings(tmp_path), "ingest-mine").when
    assert str(when) == "45 min after the close of XLON"


@pytest.mark.parametrize("value", ['{"mine": "NYSE"}', '{"MINE": "XNYS"}', "mine"])
def test_a_wrong_table_of_datasets_is_refused_by_name(tmp_path, monkeypatch, value):
    monkeypatch.setenv("TRII_INGEST_CALENDARS", value)
    with pytest.raises(ConfigError, match=r"(?i)ingest_calendars"):
        load_settings(tmp_path)


def test_the_calendars_that_settings_may_name_are_those_there_are():
    assert set(CALENDARS) == set(market.calendar.CALENDARS)


def test_an_unknown_schedule_is_refused_with_those_there_are(settings):
    with pytest.raises(NotFound, match="retention"):
        find_schedule(settings, "nightly")
