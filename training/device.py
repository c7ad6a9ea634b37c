"""Where torch computes: on the GPU that this process was given, else on the processor."""

import torch


def device() -> torch.device:
    """The first GPU that is visible here: Ray shows a process those that are kept for it, and no other."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
