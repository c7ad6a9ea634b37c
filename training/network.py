"""A small network trained in torch and handed over as plain numbers."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cluster.errors import PlatformError, TriiError
from market.arrays import Floats
from market.models.forward import Network

try:
    import torch
    from torch import nn
except ModuleNotFoundError as exc:
    # An extra of its own: whoever only serves, ingests or backtests saves gigabytes.
    raise PlatformError("training needs torch: install the extra `train`") from exc

from training.device import device

_BATCH = 2048


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What a sweep chooses: hidden layer sizes, AdamW's rate and decay, passes over the data.

    What is trained where nobody chooses stands in ``cluster.requests.train``.
    """

    hidden: tuple[int, ...]
    learning_rate: float
    weight_decay: float
    epochs: int


class Diverged(TriiError):
    """Training went beyond all numbers."""

    code = "diverged"
    title = "Training diverged"


class Trainer:
    """Binary cross-entropy over (features, label), an epoch at a time.

    Features are standardised by the training rows' mean and deviation, which ``network`` folds into
    the first layer, so that serving reads raw features. One thread and a seed of its own: the same
    rows, configuration and seed give the same network on the same build of torch and kind of device.
    What is drawn is drawn on the processor: every device begins with the same numbers, in the same
    order.
    """

    def __init__(
        self, features: Floats, label: Floats, config: NetworkConfig, *, seed: int
    ) -> None:
        torch.set_num_threads(1)
        self._mean, self._deviation = features.mean(axis=0), _deviation(features)
        standard = (features - self._mean) / self._deviation
        self._device = device()
        self._inputs = torch.from_numpy(standard.astype(np.float32)).to(self._device)
        self._label = torch.from_numpy(label.astype(np.float32)).to(self._device)
        self._draw = torch.Generator().manual_seed(seed)
        sizes = (features.shape[1], *config.hidden, 1)
        self._layers = [_linear(*pair, self._draw) for pair in pairwise(sizes)]
        self._model = _stack(self._layers).to(self._device)
        self._optimizer = torch.optim.AdamW(
            self._model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )

    def epoch(self) -> None:
        """One pass over the rows in a fresh random order."""
        loss = nn.BCEWithLogitsLoss()
        order = torch.randperm(len(self._label), generator=self._draw).to(self._device)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            self._optimizer.zero_grad()
            loss(self._model(self._inputs[rows])[:, 0], self._label[rows]).backward()
            self._optimizer.step()

    def network(self) -> Network:
        """The network as it stands, in float64, for raw features."""
        layers = [(_numbers(layer.weight), _numbers(layer.bias)) for layer in self._layers]
        weights, bias = layers[0]
        # w·(x - mean) / deviation + b, as one layer over x.
        scaled = weights / self._deviation
        return Network.from_layers([(scaled, bias - scaled @ self._mean), *layers[1:]])


def train(features: Floats, label: Floats, config: NetworkConfig, *, seed: int) -> Network:
    """A network after ``config.epochs`` passes over features (n, k) and labels (n,) of 0 and 1.

    Raises Diverged if its parameters are no numbers any more.
    """
    trainer = Trainer(features, label, config, seed=seed)
    for _ in range(config.epochs):
        trainer.epoch()
    network = trainer.network()
    if not np.isfinite(network.parameters).all():
        raise Diverged(f"training diverged with {config}: try a lower learning_rate")
    return network


def _deviation(features: Floats) -> Floats:
    """Standard deviation of each column; 1 for a constant one, whose own may be a rounding."""
    return np.where(np.ptp(features, axis=0) > 0, features.std(axis=0), 1.0)


def _linear(fan_in: int, fan_out: int, draw: torch.Generator) -> nn.Linear:
    """A layer started from ``draw`` alone: torch's global generator is left as it is."""
    # On `meta` the constructor draws no numbers.
    layer = nn.Linear(fan_in, fan_out, device="meta").to_empty(device="cpu")
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=draw)
    nn.init.zeros_(layer.bias)
    return layer


def _stack(layers: list[nn.Linear]) -> nn.Sequential:
    between: list[nn.Module] = []
    for layer in layers[:-1]:
        between += [layer, nn.ReLU()]
    return nn.Sequential(*between, layers[-1])


def _numbers(tensor: torch.Tensor) -> Floats:
    # `astype` copies: epochs to come do not change a network that was handed out.
    return tensor.detach().cpu().numpy().astype(np.float64)
