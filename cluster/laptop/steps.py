"""What `trii up` does once the components run. Each step finds out itself what is left to do.

Where all of it runs elsewhere, on a cluster, those that deploy are left: a laptop is filled so that
it answers at once, a cluster takes the data and models of whoever has them.

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
    """A step: its function takes the settings and a progress callback and returns its outcome.

    `deploys`: it belongs to a platform that runs elsewhere too.
    """

    name: str
    title: str
    target: str
    deploys: bool = False

    def load(self) -> StepFunction:
        module, function = self.target.split(":")
        return cast(StepFunction, getattr(import_module(module), function))


STEPS = (
    Step("schema", "Database schema", "cluster.stores.migrate:migrate", deploys=True),
    Step("kernels-begun", "Kernels", "cluster.laptop.kernels:begin"),
    Step("control", "Control loops", "deployments.up:start_control", deploys=True),
    Step("data", "Market data", "jobs.up:load_data"),
    Step("model", "Sweep, register, promote", "jobs.up:train_models"),
    Step("backtest", "Backtest", "jobs.up:run_backtest"),
    Step("kernels", "Compiled kernels", "cluster.laptop.kernels:finish"),
    Step("deploy", "Applications", "deployments.up:await_applications", deploys=True),
)
