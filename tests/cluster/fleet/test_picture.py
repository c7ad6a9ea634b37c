"""A day as a picture: one SVG, complete in itself, whose lines say what the samples do."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.fleet.pools import POOLS
from cluster.fleet.simulate.picture import picture
from cluster.fleet.simulate.result import Day, Sample

DAY_S = 86_400.0
SVG = "{http://www.w3.org/2000/svg}"
counts = st.dictionaries(st.sampled_from(list(POOLS)), st.integers(0, 3000))
samples = st.lists(
    st.tuples(st.floats(0, DAY_S), counts, st.integers(0, 10**6)), min_size=1, max_size=30
).map(lambda rows: [Sample(at, {}, running, waits) for at, running, waits in sorted(rows, key=str)])


def lines(text):
    """Each line's corners by its name, without those of the legend."""
    found = {}
    for line in ET.fromstring(text).iter(f"{SVG}polyline"):
        if title := line.findtext(f"{SVG}title"):
            corners = [corner.split(",") for corner in line.get("points").split()]
            found[title] = [(float(right), float(down)) for right, down in corners]
    return found


@given(samples)
def test_any_day_is_a_picture_within_its_frame(told):
    told.sort(key=lambda sample: sample.at)
    drawn = lines(picture(Day(samples=told), until=DAY_S, title="a < b & c"))
    pools = {pool for sample in told for pool in sample.running}
    assert set(drawn) == pools | {"waiting"}
    for corners in drawn.values():
        assert all(64 <= right <= 944 and 0 <= down <= 520 for right, down in corners)
        assert [right for right, _ in corners] == sorted(right for right, _ in corners)


def test_a_number_holds_until_the_next_sample():
    told = [
        Sample(0.0, {}, {"batch": 0}, 0),
        Sample(DAY_S / 2, {}, {"batch": 4}, 9),
        Sample(DAY_S, {}, {"batch": 4}, 0),
    ]
    drawn = lines(picture(Day(samples=told), until=DAY_S, title="a day"))
    assert drawn["batch"] == [(64, 330), (504, 330), (504, 56), (944, 56)]
    assert [right for right, _ in drawn["waiting"]] == [64, 504, 504, 944, 944, 944]


@pytest.mark.parametrize("samples", [[], [Sample(0.0, {}, {}, 0)]])
def test_a_day_without_nodes_has_its_frame(samples):
    drawn = lines(picture(Day(samples=samples), until=DAY_S, title="nothing"))
    assert list(drawn) == ["waiting"]
