"""A network's forward pass, row by row and in batches: torch against our fixed order of sums.

    python bench/forward.py

Prints how many of 4,096 rows change a bit when they are computed in a batch, the largest difference
between the two, and the time of one row and of a batch.
"""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

from market.models.forward import Network

# The largest that the sweep tries, and one for comparison: inputs, hidden units, outputs.
NETWORKS = ((12, 64, 32, 1), (32, 128, 128, 1))
ROWS = 4096
BATCHES = (1, 2, 3, 8, 17, 64, 1024)


def main() -> None:
    """Measure both on the same weights and rows, one thread each."""
    torch.set_num_threads(1)
    for sizes in NETWORKS:
        print("network", *sizes)
        measure(sizes)


def measure(sizes: tuple[int, ...]) -> None:
    """One network with seeded weights."""
    draws = np.random.default_rng(7)
    layers = [
        (draws.normal(size=(o, i)) / i**0.5, draws.normal(size=o)) for i, o in pairwise(sizes)
    ]
    rows = draws.normal(size=(ROWS, sizes[0]))
    ours, single, double = (
        Network.from_layers(layers).linear,
        with_torch(layers, torch.float32),
        with_torch(layers, torch.float64),
    )
    peer = report("torch float32", single, rows)
    report("torch float64", double, rows)
    times = zip(report("ours", ours, rows), peer, strict=True)
    print(
        "ratio to torch float32: one row {:.2f}, 64 rows {:.2f}".format(*(a / b for a, b in times))
    )
    print(f"largest difference to torch float64: {np.abs(ours(rows) - double(rows)).max():.1e}")


def with_torch(
    layers: list[tuple[np.ndarray, np.ndarray]], dtype: torch.dtype
) -> Callable[[np.ndarray], np.ndarray]:
    """The same network in torch, as an application would call it."""
    modules: list[torch.nn.Module] = []
    for weights, biases in layers:
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0], dtype=dtype)
        linear.weight.data = torch.from_numpy(weights).to(dtype)
        linear.bias.data = torch.from_numpy(biases).to(dtype)
        modules += [linear, torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1]).eval()

    def forward(rows: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(rows).to(dtype)).numpy()

    return forward


def report(
    name: str, forward: Callable[[np.ndarray], np.ndarray], rows: np.ndarray
) -> tuple[float, float]:
    """Rows that differ between alone and in a batch, and times: of one row, of a batch of 64."""
    alone = np.concatenate([forward(row[None, :]) for row in rows])
    differ = {}
    for size in BATCHES:
        parts = [forward(rows[at : at + size]) for at in range(0, len(rows), size)]
        differ[size] = int((np.concatenate(parts) != alone).sum())
    row, batch = seconds(forward, rows[:1]), seconds(forward, rows[:64])
    print(f"{name:14} one row {row * 1e6:6.1f} us, 64 rows {batch * 1e6:7.1f} us")
    print(f"{'':14} rows that differ, by size of batch: {differ}")
    return row, batch


def seconds(forward: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> float:
    """The median of 2,000 calls."""
    spent = []
    for _ in range(2000):
        started = time.perf_counter()
        forward(rows)
        spent.append(time.perf_counter() - started)
    return float(np.median(spent))


if __name__ == "__main__":
    main()
