"""A manifest cannot contradict itself."""

from datetime import date

import pytest
from pydantic import ValidationError

QUANTILES = {"kind": "quantiles", "algorithm": "return-quantiles"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "quantiles"}, "quantile_levels go with kind"),
        ({"quantile_levels": (0.5,)}, "quantile_levels go with kind"),
        ({**QUANTILES, "quantile_levels": (0.5, 0.5)}, "must rise"),
        ({**QUANTILES, "quantile_levels": (0.1, 0.9), "coverage": 0.9}, "needs its two tails"),
        ({"coverage": 0.9}, "needs its two tails"),
        ({"version": "v1"}, "version"),
        ({"feature_hash": "abc"}, "feature_hash"),
        ({"metrics": {"accuracy": float("nan")}}, "finite"),
    ],
)
def test_what_does_not_fit_is_refused(manifest, changes, message):
    with pytest.raises(ValidationError, match=message):
        manifest(**changes)


def test_the_interval_is_found_among_the_quantiles(manifest):
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    assert manifest(**QUANTILES, quantile_levels=levels, coverage=0.9).interval_columns == (0, 4)
    assert manifest(**QUANTILES, quantile_levels=levels, coverage=0.5).interval_columns == (1, 3)
    assert manifest().interval_columns == (None, None)


def test_in_sample_is_what_training_has_seen(manifest):
    trained = manifest(trained_on=("sample:AAPL",), trained_until=date(2022, 12, 28))
    assert trained.in_sample("sample:AAPL", date(2022, 12, 28))
    assert not trained.in_sample("sample:AAPL", date(2022, 12, 29))
    assert not trained.in_sample("synthetic:SYN001", date(2020, 1, 2))
    assert not manifest().in_sample("sample:AAPL", date(2020, 1, 2))
