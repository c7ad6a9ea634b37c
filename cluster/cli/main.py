"""The entry of `trii`: commands by name, loaded when called, so that `trii --help` is instant.

Exit status: 0 done, 1 failed or done in part, 2 bad input (nothing was written).
"""

import sys
import traceback
from typing import Any

import click

from cluster.cli.lazy import Entry, LazyGroup
from cluster.environment import collect_rarely, default_home, share_kernels
from cluster.errors import BadInput, TriiError

COMMANDS = {
    "up": Entry(
        "cluster.laptop.cli.up:up",
        "Start the platform, or heal it; it goes on running when this returns.",
    ),
    "down": Entry(
        "cluster.laptop.cli.down:down", "End exactly the processes that `trii up` started."
    ),
    "status": Entry(
        "cluster.laptop.cli.status:status",
        "Show state, address, PID, age and restarts of each component; exit status 1 unless all is ready.",
    ),
    "doctor": Entry(
        "cluster.laptop.cli.doctor:doctor",
        "Name what is wrong with this machine or the platform, and the remedy.",
    ),
    "kernels": Entry(
        "cluster.laptop.cli.kernels:kernels",
        "Compiled kernels: what computes indicators, features and backtests.",
    ),
    "logs": Entry(
        "cluster.laptop.cli.logs:logs",
        "Print the log of an application or a component; without APP, list them.",
    ),
    "token": Entry("cluster.laptop.cli.token:token", "Print a bearer token for a role."),
    "env": Entry(
        "cluster.laptop.cli.env:env",
        'Print variables that lead plain Ray and MLflow commands here: eval "$(trii env)".',
    ),
    "data": Entry(
        "jobs.data.cli:data", "Ingest market data, check them, compare snapshots, show freshness."
    ),
    "sweep": Entry("jobs.sweep.cli:sweep", "Sweep, register and promote models."),
    "pipeline": Entry("jobs.train.cli:pipeline", "Train a model, and promote it if it is better."),
    "universe": Entry(
        "cluster.universes.cli:universe", "Universes: which instruments a name means."
    ),
    "backtest": Entry("jobs.backtest.cli:backtest", "Run and list backtests."),
    "strategy": Entry(
        "cluster.strategies.cli:strategy", "List strategies, show one, pack one of your own."
    ),
    "indicators": Entry(
        "cluster.cli.indicators:indicators_",
        "List the indicators; `show NAME` tells of one, such as sma:20.",
    ),
    "leak-check": Entry(
        "cluster.cli.leak_check:leak_check",
        "Look for look-ahead in a function of bars, or a strategy, of your own.",
    ),
    "lab": Entry(
        "cluster.cli.lab:lab",
        "Run one SQL STATEMENT over the lake, or open a Python prompt with the lake at hand.",
    ),
    "model": Entry("cluster.registry.cli:model", "List registered models and their versions."),
    "jobs": Entry(
        "cluster.queue.cli:jobs", "Submit jobs to the cluster's queue, and see what became of them."
    ),
    "schedule": Entry(
        "cluster.schedules.cli:schedule", "What runs by itself: look, switch off and on, run now."
    ),
    "cluster": Entry(
        "cluster.fleet.cli:cluster",
        "A cluster of machines: its file and what that costs, and the one that runs.",
    ),
    "notify": Entry(
        "cluster.notices.cli:notify",
        "What people and programs are told of: channels, deliveries, dead letters.",
    ),
}


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="trii")
def trii() -> None:
    """TRII: quotes, analysis, predictions, sweeps and backtests on one Ray cluster."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; every failure is one line on standard error, never a traceback."""
    if arguments is None:
        collect_rarely()
    share_kernels()
    try:
        outcome: Any = trii.main(arguments, standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as exc:  # no fault to name: the help is the answer
        exc.show()
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        _fail(exc.format_message(), exc.exit_code)
    except BadInput as exc:
        unsaid = [f"{fault.loc}: {fault.msg}" for fault in exc.faults if fault.msg not in str(exc)]
        _fail(f"{exc} ({'; '.join(unsaid)})" if unsaid else str(exc), exc.exit_code)
    except TriiError as exc:
        _fail(str(exc), exc.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as exc:  # noqa: BLE001 - the last resort; the whole story goes to the crash log
        _fail(f"unexpected {type(exc).__name__}; details in {_crash_log()}", 1)
    sys.exit(outcome if isinstance(outcome, int) else 0)


def _fail(message: str, code: int) -> None:
    one_line = " ".join(message.split())
    click.echo(f"trii: {one_line}", err=True)
    sys.exit(code)


def _crash_log() -> str:
    """Keep the traceback for whoever mends it."""
    try:
        folder = default_home() / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "crash.log"
        with path.open("a") as file:
            traceback.print_exc(file=file)
    except OSError as exc:
        return f"no log, since {exc.filename} can't be written"
    except TriiError as exc:
        return f"no log: {exc}"
    return str(path)
