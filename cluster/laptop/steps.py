"""What `trii up` does once the components run. Each step finds out itself what is left to do.

The code is named, not imported: a step is loaded when it runs, and the layers stay apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from cluster.settings import Settings

Report = Callable[[str], None]
StepFunction = Callable[[Settings, Report], str]


@dataclass(frozen=True)
class Step:
    """A step: its function takes the settings and a progress callback and returns its outcome."""

    name: str
    title: str
    target: str

    def load(self) -> StepFunction:
        module, function = self.target.split(":")
        return cast(StepFunction, getattr(import_module(module), function))


STEPS = (
    Step("schema", "Database schema", "cluster.stores.migrate:migrate"),
    Step("kernels-begun", "Kernels", "cluster.laptop.kernels:begin"),
    Step("control", "Control loops", "deployments.up:start_control"),
    Step("data", "Market data", "jobs.up:load_data"),
    Step("model", "Sweep, register, promote", "jobs.up:train_models"),
    Step("backtest", "Backtest", "jobs.up:run_backtest"),
    Step("kernels", "Compiled kernels", "cluster.laptop.kernels:finish"),
    Step("deploy", "Applications", "deployments.up:await_applications"),
)
