"""On the sample equities a small network beats persistence out of sample, by the gates' measure."""

from datetime import date

import numpy as np
import pytest

from cluster.requests.train import TrainRequest
from jobs.train.run import configuration
from market.splits import Fold
from training import gates, walk_forward
from training.walk_forward import evaluate

pytestmark = pytest.mark.slow


def test_a_fit_sees_nothing_of_its_fold_or_after(panel):
    seen = []

    def fit(train):
        seen.append(train.settled.max())
        return lambda features: np.zeros(len(features))

    folds = [Fold(date(2005, 1, 1), date(2007, 12, 31)), Fold(date(2008, 1, 1), date(2010, 12, 31))]
    evaluate(panel, fit, folds=folds)
    assert [day < np.datetime64(fold.start) for day, fold in zip(seen, folds, strict=True)] == [
        True,
        True,
    ]


def test_pooled_scores_are_those_of_all_rows(panel):
    found = evaluate(panel, walk_forward.persistence)
    label = panel.label[found.rows]
    assert found.validation.accuracy == ((found.probability > 0.5) == label).mean()
    assert found.validation.rows == sum(fold.validation.rows for fold in found.folds) == len(label)
    assert found.validation.share == pytest.approx(0.50, abs=0.01)
    assert found.validation.accuracy == pytest.approx(0.694, abs=0.002)


@pytest.mark.long
def test_the_default_network_holds_every_gate_on_the_sample(panel):
    baseline = evaluate(panel, walk_forward.persistence)
    candidate = evaluate(panel, walk_forward.network(configuration(TrainRequest()), seed=7))
    report = gates.check(panel, candidate, baseline, seed=7)
    assert report.passed, [str(condition) for condition in report.failures]
    assert report.measure == "accuracy"
    assert candidate.validation.log_loss < baseline.validation.log_loss
