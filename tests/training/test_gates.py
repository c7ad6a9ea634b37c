"""A candidate passes only if it shows everything the gates ask, on the same rows as persistence."""

import numpy as np
import pytest

from market.errors import DataNotFit
from training import gates
from training.dataset import TrainingPanel
from training.gates import Condition
from training.scores import score
from training.walk_forward import Evaluation

ROWS = 4000
START = np.datetime64("2005-01-03")


def panel_of(label: np.ndarray) -> TrainingPanel:
    session = START + np.repeat(np.arange(ROWS // 10), 10)
    return TrainingPanel(
        features=np.zeros((ROWS, 1)),
        label=label,
        session=session,
        settled=session + 30,
        instrument=np.tile(np.arange(10), ROWS // 10),
        instruments=tuple(f"i{one}" for one in range(10)),
    )


def labels(share: float = 0.5) -> np.ndarray:
    return (np.random.default_rng(0).random(ROWS) < share).astype(float)


def right(label: np.ndarray, accuracy: float, seed: int) -> np.ndarray:
    """Probabilities that are right that often."""
    wrong = np.random.default_rng(seed).random(len(label)) > accuracy
    return np.where(wrong, 1 - label, label) * 0.8 + 0.1


def said(label: np.ndarray, *, train: float, validation: float, seed: int = 1) -> Evaluation:
    probability = right(label, validation, seed)
    return Evaluation(
        folds=(),
        train=score(right(label, train, seed + 100), label),
        validation=score(probability, label),
        rows=np.arange(ROWS),
        probability=probability,
    )


def check(train: float, validation: float, baseline: float = 0.65, label=None) -> gates.GateReport:
    label = labels() if label is None else label
    persistence = said(label, train=0.7, validation=baseline, seed=2)
    candidate = said(label, train=train, validation=validation)
    return gates.check(panel_of(label), candidate, persistence, seed=7)


def failed(report: gates.GateReport) -> list[str]:
    return [condition.name.partition(",")[0] for condition in report.failures]


def test_a_good_candidate_passes():
    report = check(train=0.80, validation=0.76)
    assert report.passed
    assert failed(report) == []
    assert report.measure == "accuracy"


@pytest.mark.parametrize(
    ("train", "validation", "baseline", "reason"),
    [
        (0.72, 0.72, 0.6, "training accuracy"),
        (0.76, 0.68, 0.6, "validation accuracy"),
        (0.90, 0.78, 0.6, "training less validation"),
        (0.80, 0.76, 0.76, "gain over persistence"),
        (0.80, 0.76, 0.90, "gain over persistence"),
    ],
)
def test_each_condition_can_fail_the_candidate(train, validation, baseline, reason):
    assert reason in failed(check(train, validation, baseline))


def test_naming_the_larger_class_does_not_pass_where_the_classes_are_uneven():
    label = labels(share=0.85)
    constant = np.full(ROWS, 0.9)
    always = Evaluation(
        (), score(constant, label), score(constant, label), np.arange(ROWS), constant
    )
    report = gates.check(panel_of(label), always, said(label, train=0.7, validation=0.6), seed=7)
    assert report.measure == "balanced_accuracy"
    assert always.validation.accuracy > 0.8
    assert {"training accuracy", "validation accuracy"} <= set(failed(report))


def test_with_uneven_classes_the_gain_is_that_of_balanced_accuracy():
    label = labels(share=0.85)
    persistence = said(label, train=0.7, validation=0.6, seed=2)
    candidate = said(label, train=0.8, validation=0.76)
    report = gates.check(panel_of(label), candidate, persistence, seed=7)
    expected = candidate.validation.balanced_accuracy - persistence.validation.balanced_accuracy
    assert report.gain.mean == pytest.approx(expected, rel=1e-9)


def test_evaluations_of_different_rows_do_not_compare():
    label = labels()
    one = said(label, train=0.8, validation=0.7)
    other = Evaluation(one.folds, one.train, one.validation, one.rows[::-1], one.probability)
    with pytest.raises(DataNotFit, match="different rows"):
        gates.check(panel_of(label), one, other, seed=7)


def test_nan_holds_no_condition():
    assert not Condition("x", float("nan"), "above", 0.0).holds
    assert not Condition("x", float("nan"), "at most", 1.0).holds


def test_a_condition_says_its_value_limit_and_verdict():
    text = str(Condition("validation accuracy", 0.68, "above", 0.7))
    assert text == "validation accuracy 0.6800 (above 0.7): fails"
