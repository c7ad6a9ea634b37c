"""Every feature set says what it is, and any change of it has another hash."""

import json
import pickle
from dataclasses import replace

import pytest

from market.errors import BadParameter
from market.features import (
    ALL_OR_NONE,
    CALENDAR,
    CLOSE_CROSS_SECTION,
    CLOSE_VOLATILITY,
    INDICATORS,
    RETURN_RESIDUALS,
    SETS,
    Column,
    FeatureSet,
    describe,
    feature_set,
)


def test_a_changed_definition_has_another_hash():
    """Pinned: when this fails, raise the set's version, and every model must be trained again."""
    pinned = {
        CLOSE_VOLATILITY: "20219ddade68ec97",
        RETURN_RESIDUALS: "ff9b6bbc4839465d",
        INDICATORS: "7d745631e62311fc",
        CLOSE_CROSS_SECTION: "38a5cf34cd87dd64",
        CALENDAR: "c99be21d8b34f37c",
    }
    assert {one.name: one.definition_hash[:16] for one in pinned} == {
        one.name: start for one, start in pinned.items()
    }


@pytest.mark.parametrize("one", SETS.values(), ids=SETS)
def test_the_hash_covers_each_part_of_the_declaration(one):
    first = replace(one.columns[0], description="something else")
    others = [
        replace(one, version=2),
        replace(one, name="other"),
        replace(one, columns=one.columns[1:]),
        replace(one, columns=(first, *one.columns[1:])),
    ]
    if one is CLOSE_CROSS_SECTION:
        others += [
            replace(one, delay_s=0),
            replace(one, missing=ALL_OR_NONE),
            replace(one, base=replace(one.base, version=2)),
        ]
    if one is INDICATORS:
        others.append(replace(one, scale_free=False))
    assert len({other.definition_hash for other in (one, *others)}) == len(others) + 1


def test_a_description_is_plain_json_with_anchor_and_columns():
    told = {one["name"]: one for one in json.loads(json.dumps(describe()))}
    assert set(told) == set(SETS)
    for name, one in told.items():
        assert one["definition_hash"] == SETS[name].definition_hash
        assert one["anchor"]
        assert all(column["description"] for column in one["columns"])
    volatility = told["close-volatility"]
    assert (volatility["anchor"], volatility["inputs"]) == ("a window of 1281 closes", ["close"])
    assert (volatility["scale_free"], len(volatility["columns"])) == (True, 18)
    universe = told["close-cross-section"]
    assert universe["cutoff"] == "session close + 900 s"
    assert universe["missing"] == {"policy": "at-least", "share": 0.8}
    assert universe["base"]["definition_hash"] == SETS["moves"].definition_hash


@pytest.mark.parametrize("one", SETS.values(), ids=SETS)
def test_a_set_travels_between_processes(one):
    there = pickle.loads(pickle.dumps(one))
    assert (there, there.definition_hash) == (one, one.definition_hash)


def test_a_set_needs_columns_with_names_of_their_own():
    one = Column("a", "return", (1,), "")
    with pytest.raises(BadParameter, match="has no column"):
        FeatureSet("mine", 1, 5, ())
    with pytest.raises(BadParameter, match="column 'a' twice"):
        FeatureSet("mine", 1, 5, (one, one))


def test_a_lookback_too_short_for_a_column_is_refused():
    column = Column("a", "relative", (3, 4, 9), "")
    assert FeatureSet("mine", 1, 13, (column,)).lookback == 13
    with pytest.raises(BadParameter, match="lookback=12: column 'a' reads 13 closes"):
        FeatureSet("mine", 1, 12, (column,))


def test_models_read_sets_over_closes_only():
    assert feature_set("close-volatility") is CLOSE_VOLATILITY
    with pytest.raises(BadParameter, match="unknown feature set 'indicators'"):
        feature_set("indicators")
