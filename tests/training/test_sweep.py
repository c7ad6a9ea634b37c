"""The choice of a configuration knows nothing of the years that validate it, and repeats."""

import os
import shutil
import tempfile

import numpy as np
import pytest
import ray

from cluster.errors import BadInput, StoreError
from cluster.requests.space import RateRange, Space
from market.splits import SIX_FOLDS, walk_forward
from training.network import NetworkConfig
from training.space import configurations
from training.sweep import TUNING_FOLDS, before_validation, sweep

pytestmark = pytest.mark.slow


@pytest.mark.long
def test_no_tuning_label_reads_a_return_of_the_validation_folds(panel):
    first = np.datetime64(SIX_FOLDS[0].start)
    known = before_validation(panel)
    splits = walk_forward(known.session, known.settled, TUNING_FOLDS)
    assert max(known.settled[split.test].max() for split in splits) < first
    whole = walk_forward(panel.session, panel.settled, TUNING_FOLDS)
    lost = len(whole[-1].test) - len(splits[-1].test)
    assert lost == 21 * len(panel.instruments)


@pytest.fixture
def gpu_cluster():
    """A node as a GPU pool has it: Ray counts a GPU there, and offers no CPU."""
    before, folder = dict(os.environ), tempfile.mkdtemp(prefix="tr")
    offered = {"num_cpus": 0, "num_gpus": 1, "labels": {"trii/pool-gpu": "true"}}
    ray.init(**offered, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
    yield
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def swept(panel, ray_cluster, tmp_path):
    """Run a sweep on a few instruments; gives its trials, and those that it told of."""
    few = panel.take(np.flatnonzero(panel.instrument < 2))

    def run(space, *, tried=lambda _: None, **more):
        told = []
        found = sweep(
            few,
            storage=tmp_path,
            seed=3,
            selector={},
            trained=lambda: told.append(None),
            tried=tried,
            space=space,
            **more,
        )
        assert len(told) == len(found)
        return found

    return run


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
def test_trials_share_a_gpu_of_a_node_that_offers_nothing_else(panel, gpu_cluster, tmp_path):
    """Ray is told of a GPU; where torch sees none, the trials compute on the processor."""
    few = panel.take(np.flatnonzero(panel.instrument < 2))
    found = sweep(
        few, storage=tmp_path, seed=3, selector={"trii/pool-gpu": "true"}, gpus=0.5,
        trained=lambda: None, tried=lambda _: None,
        space=[NetworkConfig((8,), 1e-3, 0.0, epochs=1)] * 2,
    )  # fmt: skip
    assert [trial.config.epochs for trial in found] == [1, 1]


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
def test_one_seed_chooses_alike_a_budget_takes_the_best_so_far_and_a_small_one_says_so(swept):
    space = Space(hidden=((8,), (4,)), learning_rate=RateRange(low=1e-4, high=1e-2), epochs=(1, 3))
    drawn = configurations(space, trials=6, seed=3)
    told = []
    first = swept(drawn, tried=told.append)
    assert swept(drawn) == first
    assert sorted(trial.number for trial in told) == [1, 2, 3, 4, 5, 6]
    assert [trial.log_loss for trial in first] == sorted(trial.log_loss for trial in first)
    assert {trial.number: trial.config for trial in first} == dict(enumerate(drawn, 1))
    (only,) = swept(drawn[:1])
    assert only == next(trial for trial in first if trial.number == 1)

    endless = [NetworkConfig((8,), 1e-3, 0.0, epochs=100)] * 500
    begun = swept(endless, budget_s=40)
    assert 0 < len(begun) < len(endless)
    with pytest.raises(BadInput, match="budget_s=1: no network has passed an epoch"):
        swept(endless, budget_s=1)

    def away(_):
        raise StoreError("MLflow is away")

    with pytest.raises(StoreError, match="away"):
        swept(drawn, tried=away)
