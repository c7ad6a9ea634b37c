"""The choice of a configuration knows nothing of the years that validate it."""

import numpy as np
import pytest

from market.splits import SIX_FOLDS, walk_forward
from training.sweep import TUNING_FOLDS, before_validation

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
