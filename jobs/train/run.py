"""The driver of a training: one run of the pipeline with the configuration that was asked for."""

from cluster.requests.train import TrainRequest
from cluster.settings import Settings
from jobs.command import Say, counting
from training.choice import Asked
from training.network import NetworkConfig
from training.promote import PromotionReport
from training.run import run as run_pipeline


def run(settings: Settings, request: TrainRequest, *, say: Say) -> PromotionReport:
    """One pipeline run in this process, over the universe as it stands now."""
    return run_pipeline(
        settings,
        request,
        Asked(configuration(request)),
        say=say,
        progress=counting("networks"),
    )


def configuration(request: TrainRequest) -> NetworkConfig:
    """The network that a request asks for."""
    return NetworkConfig(
        hidden=request.hidden,
        learning_rate=request.learning_rate,
        weight_decay=request.weight_decay,
        epochs=request.epochs,
    )
