"""What the evaluation fits: the network of a configuration, and persistence beside it."""

from market.arrays import Floats
from market.models.baselines import persistence_frequencies, persistence_probability
from training.dataset import TrainingPanel
from training.network import NetworkConfig, train
from training.walk_forward import Fit, Predictor


def network(config: NetworkConfig, *, seed: int) -> Fit:
    """Fits a network; it answers through the forward pass that serves."""

    def fit(panel: TrainingPanel) -> Predictor:
        trained = train(panel.features, panel.label, config, seed=seed)
        return lambda features: trained.sigmoid(features)[:, 0]

    return fit


def persistence(panel: TrainingPanel) -> Predictor:
    """Fits the two frequencies: how often a turbulent month follows a calm and a turbulent one."""
    frequencies = persistence_frequencies(panel.features, panel.label)

    def predict(features: Floats) -> Floats:
        return persistence_probability(features, frequencies)

    return predict
