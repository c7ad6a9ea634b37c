"""How long a simulated cloud and its autoscaler take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How long things take, in seconds, and how fast Ray buys."""

    interval: float = 5.0  # between two looks of the autoscaler
    allocate: float = 3.0  # until the cloud has given a machine
    boot: float = 60.0  # until it has joined, from a baked image
    upscaling_speed: float = 10.0
    at_once: int = 10  # machines asked of the cloud that it has not given yet
    spot_losses_per_hour: float = 0.0  # of each node
