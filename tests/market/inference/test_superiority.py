"""SPA and StepM say whether any of a family beats the benchmark, and which: size and power."""

import subprocess
import sys

import numpy as np
import pytest
from arch.bootstrap import SPA, StepM

from market.errors import BadParameter, DataNotFit, MarketError
from market.inference import automatic_block, superior_strategies


def family(seed, *, sessions=250, strategies=8, phi=0.0):
    noise = np.random.default_rng(seed).normal(0, 0.01, size=(sessions, strategies))
    for t in range(1, sessions):
        noise[t] += phi * noise[t - 1]
    return noise


def test_it_is_arch_on_differences_in_units_of_their_deviation():
    returns, benchmark = family(1), np.random.default_rng(2).normal(0.0002, 0.01, size=250)
    returns[:, 3] += 0.002
    got = superior_strategies(returns, benchmark, seed=7, block=5)
    better = returns - benchmark[:, None]
    scaled = better / better.std(axis=0, ddof=1)
    peer = SPA(np.zeros(250), -scaled, block_size=5, reps=1000, seed=7)
    peer.compute()
    assert [got.lower, got.p_value, got.upper] == peer.pvalues.tolist()
    steps = StepM(np.zeros(250), -scaled, block_size=5, reps=1000, seed=7)
    steps.compute()
    assert list(got.superior) == steps.superior_models


def test_the_scale_of_a_strategy_does_not_matter():
    """A leveraged worthless strategy must not drown a good one."""
    returns = family(3)
    returns[:, 2] += 0.003
    leveraged = returns * np.array([1, 1, 1, 1, 1, 1, 1, 50.0])
    one, other = (superior_strategies(each, seed=7, block=3) for each in (returns, leveraged))
    assert one.p_value == other.p_value
    assert one.superior == other.superior == (2,)


def test_all_superior_strategies_are_found_though_in_steps():
    """Two of two, found one after the other: there arch's own StepM fails."""
    returns = family(4, strategies=2)
    returns[:, 0] += 0.006
    returns[:, 1] += 0.0013
    assert superior_strategies(returns, seed=7, block=3).superior == (0, 1)


def test_what_never_differs_from_the_benchmark_is_set_apart():
    returns = family(5)
    equity = 1e5 * 1.02 ** (np.arange(251) / 252)
    for idle in (0.0, equity[1:] / equity[:-1] - 1):
        returns[:, 1] = idle
        got = superior_strategies(returns, seed=7, block=3)
        assert got.idle == (1,)
        assert 1 not in got.superior
    with pytest.raises(DataNotFit, match="nothing to test"):
        superior_strategies(np.zeros((100, 2)), seed=7)


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "least", "most"), [(0.0, 0.03, 0.18), (0.3, 0.08, 0.26)])
def test_size_worthless_families_pass_as_often_as_the_documentation_says(phi, least, most):
    """At 10 % over a year: 11 % of independent returns, 16 % of autocorrelated ones.

    80 draws; the bounds lie two deviations and a half from the rates of docs/statistics.md.
    """
    found = [
        superior_strategies(
            family(seed, phi=phi, strategies=5), seed=seed, size=0.1, replications=200
        )
        for seed in range(80)
    ]
    assert least <= np.mean([one.p_value < 0.1 for one in found]) <= most
    assert least <= np.mean([bool(one.superior) for one in found]) <= most


def test_power_a_good_strategy_is_named_and_no_other():
    found = []
    for seed in range(30):
        returns = family(seed, strategies=5)
        returns[:, 2] += 0.003
        found.append(superior_strategies(returns, seed=seed, replications=200).superior)
    assert np.mean([2 in one for one in found]) >= 0.9
    assert np.mean([one == (2,) for one in found]) >= 0.8


def test_the_automatic_block_grows_with_dependence():
    short = automatic_block(family(6, sessions=1000))
    long = automatic_block(family(6, sessions=1000, phi=0.7))
    assert 1.0 <= short < long
    assert superior_strategies(family(6, phi=0.7), seed=7).block > 5


def test_without_arch_the_error_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    with pytest.raises(MarketError, match=r"install trii\[laptop\]"):
        superior_strategies(family(1), seed=7)
    with pytest.raises(MarketError, match=r"install trii\[laptop\]"):
        superior_strategies(family(1), seed=7, block=5)


def test_arch_is_not_loaded_before_it_is_needed():
    """The base installation has none: the intervals and ratios that need none work there."""
    program = "import sys, market.inference; sys.exit('arch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_bad_input_is_named():
    with pytest.raises(DataNotFit, match=r"benchmark of shape \(250,\)"):
        superior_strategies(family(1), np.zeros(3), seed=7)
    with pytest.raises(BadParameter, match="size=1"):
        superior_strategies(family(1), seed=7, size=1.0)
    with pytest.raises(BadParameter, match="replications=0"):
        superior_strategies(family(1), seed=7, block=3, replications=0)
    with pytest.raises(BadParameter, match="block=0"):
        superior_strategies(family(1), seed=7, block=0)
    with pytest.raises(DataNotFit, match="20 finite values"):
        automatic_block(np.zeros(5))
