"""The forward pass of a small network, with every sum in one fixed order.

A library's matrix product picks its kernel by the size of the batch, so a row's last bits depend on
its neighbours. Here each row is computed alone, bias first, then inputs from first to last: the same
bytes alone and in any batch, on any processor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.compiled import compiled
from market.errors import DataNotFit

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Dense layers with ReLU between them.

    ``sizes`` (layers + 1,): inputs, hidden units, outputs. ``parameters``: for each layer its
    weights, row by row (out, in), then its biases (out,), in one flat float64 array.
    """

    sizes: Ints
    parameters: Floats

    def __post_init__(self) -> None:
        need = sum(int(o) * (int(i) + 1) for i, o in zip(self.sizes, self.sizes[1:], strict=False))
        if len(self.sizes) < 2 or self.sizes.min() < 1 or self.parameters.shape != (need,):
            raise DataNotFit(
                f"layers {self.sizes.tolist()} need {need} parameters, got {self.parameters.shape}"
            )

    @classmethod
    def from_layers(cls, layers: Sequence[tuple[Floats, Floats]]) -> "Network":
        """A network from (weights (out, in), biases (out,)) pairs."""
        sizes = [layers[0][0].shape[1], *(bias.size for _, bias in layers)]
        flat = [part.ravel() for layer in layers for part in layer]
        return cls(np.array(sizes, np.int64), np.concatenate(flat).astype(np.float64))

    def linear(self, features: Floats) -> Floats:
        """Outputs (m, out) of rows (m, in). A row with NaN in it gives NaN."""
        rows = np.ascontiguousarray(features, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.sizes[0]:
            raise DataNotFit(f"rows have shape {rows.shape}: expected (m, {self.sizes[0]})")
        return _forward(rows, self.sizes, self.parameters)

    def sigmoid(self, features: Floats) -> Floats:
        """As ``linear``, then the logistic function: probabilities (m, out)."""
        return _logistic(self.linear(features))


@compiled
def _forward(rows: Floats, sizes: Ints, parameters: Floats) -> Floats:
    out = np.empty((rows.shape[0], sizes[-1]))
    here, there = np.empty(sizes.max()), np.empty(sizes.max())
    for row in range(rows.shape[0]):
        here[: sizes[0]] = rows[row]
        at = 0
        for layer in range(len(sizes) - 1):
            fan_in, fan_out = sizes[layer], sizes[layer + 1]
            biases = at + fan_in * fan_out
            weights = parameters[at:biases].reshape((fan_out, fan_in))
            _dense(here, there, weights, parameters[biases : biases + fan_out])
            if layer < len(sizes) - 2:
                _rectify(there, fan_out)
            here, there = there, here
            at = biases + fan_out
        out[row] = here[: sizes[-1]]
    return out


@compiled
def _dense(here: Floats, there: Floats, weights: Floats, biases: Floats) -> None:
    for unit in range(len(biases)):
        # In one order, each row alone: a library's product picks its own by the size of the batch.
        total = biases[unit]
        for k in range(weights.shape[1]):
            total += weights[unit, k] * here[k]
        there[unit] = total


@compiled
def _rectify(units: Floats, count: int) -> None:
    for unit in range(count):
        if units[unit] < 0.0:  # noqa: PLR1730 - false for NaN, which passes; max() leaves that open
            units[unit] = 0.0


@compiled
def _logistic(scores: Floats) -> Floats:
    out = np.empty_like(scores)
    for row in range(scores.shape[0]):
        for k in range(scores.shape[1]):
            score = scores[row, k]
            # exp of a negative number only: it cannot overflow.
            small = math.exp(-abs(score))
            out[row, k] = 1.0 / (1.0 + small) if score >= 0.0 else small / (1.0 + small)
    return out
