"""A row's answer has the same bytes alone and in any batch."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.models.forward import Network


def network(sizes: list[int], seed: int = 0) -> Network:
    draw = np.random.default_rng(seed)
    pairs = pairwise(sizes)
    return Network.from_layers([(draw.normal(size=(o, i)), draw.normal(size=o)) for i, o in pairs])


@st.composite
def cases(draw):
    sizes = draw(st.lists(st.integers(1, 40), min_size=2, max_size=5))
    rows = draw(st.integers(1, 70))
    seed = draw(st.integers(0, 2**32 - 1))
    return network(sizes, seed), np.random.default_rng(seed).normal(size=(rows, sizes[0])), seed


@settings(deadline=None)
@given(cases())
def test_a_row_does_not_depend_on_the_rows_beside_it(case):
    model, rows, seed = case
    whole = model.sigmoid(rows)
    draw = np.random.default_rng(seed)
    for at in range(len(rows)):
        assert model.sigmoid(rows[at : at + 1]).tobytes() == whole[at : at + 1].tobytes()
    order = draw.permutation(len(rows))
    assert model.sigmoid(rows[order]).tobytes() == whole[order].tobytes()
    cut = int(draw.integers(0, len(rows) + 1))
    assert model.sigmoid(rows[cut:]).tobytes() == whole[cut:].tobytes()


@settings(deadline=None)
@given(cases())
def test_layout_in_memory_does_not_matter(case):
    model, rows, _ = case
    assert model.linear(np.asfortranarray(rows)).tobytes() == model.linear(rows).tobytes()


@settings(deadline=None)
@given(cases())
def test_it_is_the_network_it_says(case):
    model, rows, _ = case
    expected, at = rows, 0
    for layer, (fan_in, fan_out) in enumerate(zip(model.sizes, model.sizes[1:], strict=False)):
        weights = model.parameters[at : at + fan_in * fan_out].reshape(fan_out, fan_in)
        at += fan_in * fan_out
        expected = expected @ weights.T + model.parameters[at : at + fan_out]
        at += fan_out
        if layer < len(model.sizes) - 2:
            expected = np.maximum(expected, 0)
    np.testing.assert_allclose(model.linear(rows), expected, rtol=1e-8, atol=1e-8)


def test_a_missing_feature_gives_a_missing_answer_and_spoils_no_other_row():
    model, rows = network([4, 8, 1]), np.ones((3, 4))
    rows[1, 2] = np.nan
    assert np.isnan(model.sigmoid(rows)).ravel().tolist() == [False, True, False]


@pytest.mark.parametrize(("score", "expected"), [(-1e4, 0.0), (0.0, 0.5), (1e4, 1.0)])
def test_extreme_scores_saturate_without_overflow(score, expected):
    model = Network(np.array([1, 1]), np.array([1.0, 0.0]))
    assert model.sigmoid(np.array([[score]]))[0, 0] == expected


def test_no_rows_give_no_answers():
    assert network([4, 3, 2]).linear(np.empty((0, 4))).shape == (0, 2)


def test_parameters_that_do_not_fit_are_refused():
    with pytest.raises(DataNotFit, match=r"layers \[2, 1\] need 3 parameters"):
        Network(np.array([2, 1]), np.zeros(4))
    with pytest.raises(DataNotFit, match=r"expected \(m, 4\)"):
        network([4, 1]).linear(np.ones((2, 3)))
