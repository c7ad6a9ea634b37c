"""Scores are scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from training.scores import score


@given(st.integers(0, 2**32 - 1))
def test_scores_are_those_of_scikit_learn(seed):
    draw = np.random.default_rng(seed)
    label = np.concatenate([[0.0, 1.0], draw.integers(0, 2, 200).astype(float)])
    said = draw.uniform(0.001, 0.999, len(label))
    found = score(said, label)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(label, said > 0.5))
    assert found.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(label, said > 0.5)
    )
    assert found.log_loss == pytest.approx(metrics.log_loss(label, said))
    assert found.brier == pytest.approx(metrics.brier_score_loss(label, said))
    assert found.share == pytest.approx(label.mean())


def test_one_certain_error_does_not_make_the_loss_infinite():
    assert np.isfinite(score(np.array([1.0, 0.0]), np.array([0.0, 1.0])).log_loss)
