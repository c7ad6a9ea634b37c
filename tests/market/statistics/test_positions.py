"""Exposure and turnover of weights, by hand and by accounting in money."""

import numpy as np
import pytest

from market.errors import BadParameter, DataNotFit
from market.statistics import Exposure, exposure, turnover

DRAW = np.random.default_rng(3)
WEIGHTS = DRAW.uniform(-0.5, 0.5, size=(50, 4))
MOVES = DRAW.normal(0, 0.02, size=(50, 4))


def test_exposure_by_hand():
    held = [[0.5, -0.5], [0.0, 0.0], [0.25, 0.75], [1.0, 0.5]]
    assert exposure(held) == Exposure(gross=(1 + 0 + 1 + 1.5) / 4, net=2.5 / 4, time=0.75)


def test_buying_once_and_holding_still_is_one_trade():
    """Weights that drift with prices are no trades."""
    values = np.cumprod(1 + MOVES, axis=0)
    held = values / values.sum(axis=1, keepdims=True)
    assert turnover(held, MOVES, sessions_per_year=50) == pytest.approx(1.0)


def test_turnover_equals_the_orders_of_an_account_in_money():
    equity, holding, bought, sold = 1000.0, np.zeros(4), [], []
    for weights, moves in zip(WEIGHTS, MOVES, strict=True):
        cash = equity - holding.sum()
        holding = holding * (1 + moves)
        equity = cash + holding.sum()
        order = weights * equity - holding
        bought.append(order[order > 0].sum() / equity)
        sold.append(-order[order < 0].sum() / equity)
        holding = holding + order
    one = turnover(WEIGHTS, MOVES, sessions_per_year=252)
    both = turnover(WEIGHTS, MOVES, sessions_per_year=252, method="two-way")
    assert one == pytest.approx(np.maximum(bought, sold).mean() * 252)
    assert both == pytest.approx((np.array(bought) + sold).mean() * 252)


def test_all_in_and_all_out_each_session_turns_equity_over_once_a_session():
    held = np.array([[1.0], [0.0]] * 10)
    assert turnover(held, np.zeros((20, 1)), sessions_per_year=252) == pytest.approx(252)


def test_weights_cannot_be_carried_through_ruin():
    held = np.full((3, 2), 0.5)
    moves = np.array([[0.0, 0.0], [0.1, 0.1], [-1.0, -1.0]])
    with pytest.raises(DataNotFit, match="returns of session 2 take all of equity"):
        turnover(held, moves, sessions_per_year=252)


def test_bad_input_is_named():
    with pytest.raises(DataNotFit, match=r"shape \(n, k\), got \(3,\)"):
        exposure([0.1, 0.2, 0.3])
    with pytest.raises(DataNotFit, match="expected the same shape"):
        turnover(WEIGHTS, MOVES[1:], sessions_per_year=252)
    with pytest.raises(BadParameter, match="method='half'"):
        turnover(WEIGHTS, MOVES, sessions_per_year=252, method="half")
