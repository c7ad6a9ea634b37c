"""Streams: any row is drawn alone, and values follow their distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from market.synthetic.randomness import Stream, normal, student4, uniforms

ROWS = 200


@given(st.integers(0, ROWS - 1), st.integers(1, 50), st.sampled_from([4, 8]))
def test_rows_are_the_same_alone_and_together(first: int, count: int, width: int) -> None:
    whole = uniforms(7, Stream.DAILY, 3, first=0, rows=ROWS + 50, width=width)
    part = uniforms(7, Stream.DAILY, 3, first=first, rows=count, width=width)
    np.testing.assert_array_equal(whole[first : first + count], part)


def test_streams_members_and_seeds_differ() -> None:
    draws = {
        tuple(uniforms(seed, stream, member, first=0, rows=1, width=4)[0])
        for seed in (1, 2)
        for stream in Stream
        for member in (0, 1)
    }
    assert len(draws) == 2 * len(Stream) * 2


@pytest.mark.parametrize(
    ("values", "law"),
    [
        (lambda u: u, stats.uniform()),
        (normal, stats.norm()),
        (student4, stats.t(4, scale=np.sqrt(0.5))),
    ],
)
def test_values_follow_their_law(values, law) -> None:
    u = uniforms(7, Stream.MINUTE, 0, first=0, rows=5_000, width=4).ravel()
    assert stats.kstest(values(u), law.cdf).pvalue > 0.01


def test_student_equals_scipys_quantiles() -> None:
    u = np.array([1e-12, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-12])
    expected = stats.t(4).ppf(u) * np.sqrt(0.5)
    np.testing.assert_allclose(student4(u), expected, rtol=1e-6, atol=1e-7)


def test_the_ends_of_the_unit_interval_give_finite_values() -> None:
    ends = np.array([2.0**-53, 1 - 2.0**-53])
    assert np.isfinite(normal(ends)).all()
    assert np.isfinite(student4(ends)).all()
