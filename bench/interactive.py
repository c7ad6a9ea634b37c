"""Seconds that people wait for: a command, a notebook's call, a job, and commands that only look.

    PYTHONPATH=. python bench/interactive.py [--instruments 60] [--home DIR]

A home of its own with PostgreSQL and the synthetic market (60 x 4,715 bars), made anew unless DIR
has has one. Peers in the same run: the kernel's own time, and vectorbt (1.2.0) on the same closes. It
brings 60 packages and pins its own: install it with `numba==0.68.1 numpy==2.4.6` in an environment of
its own, whose Python VECTORBT_PYTHON names. Where a platform runs, it is asked as well: a job over
HTTP, one on the cluster, the registry. Each figure stands beside its goal on a quiet machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

import trii
from cluster.errors import TriiError
from cluster.laptop import credentials, kernels
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.identity import running_settings
from cluster.laptop.postgres import Postgres
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from cluster.stores.migrate import upgrade
from market.backtest import Costs, Panel, run
from market.bars import Bars
from market.synthetic import SyntheticMarket

TRII = Path(sys.executable).with_name("trii")
FIRST, LAST = date(2013, 1, 1), date(2025, 11, 28)
RECORDED = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS = (
    *(("backtest", "list"), ("backtest", "trials"), ("jobs", "list"), ("data", "status")),
    *(("data", "symbols"), ("universe", "list"), ("lab", "select 1")),
)
LOOK_S, CHECK_S = 0.8, 3.0
LEAKS = Path(__file__).parents[1] / "examples/centred_trend.py"
VECTORBT = """
import sys, time, numpy as np, vectorbt as vbt
close = np.load(sys.argv[1])
def once():
    fast, slow = vbt.MA.run(close, 20), vbt.MA.run(close, 50)
    entries, exits = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
    vbt.Portfolio.from_signals(close, entries, exits, fees=0.0005, freq="1D").total_return()
once()
times = []
for _ in range(7):
    began = time.perf_counter(); once(); times.append(time.perf_counter() - began)
print(min(times))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instruments", type=int, default=60)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    # Before a home of the bench's own is the one that counts.
    running = platform_or_why()
    with ExitStack() as ending:
        home = options.home or Path(tempfile.mkdtemp(prefix="trii-bench-"))
        if options.home is None:
            ending.callback(shutil.rmtree, home, ignore_errors=True)
        settings = started(home, ending)
        bars = filled(Lake(settings.lake_url), options.instruments)
        print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        commands(settings)
        notebook(bars)
    if isinstance(running, str):
        print(f"not measured on a platform: {running}")
    else:
        cluster(running)


def platform_or_why() -> Settings | str:
    """The platform that runs, or why it can't be measured."""
    try:
        return running_settings()
    except TriiError as exc:
        return str(exc)


def started(home: Path, ending: ExitStack) -> Settings:
    """A home with PostgreSQL, its schema and all kernels."""
    from tests.servers import free_port  # noqa: PLC0415  # a port of the tests' range

    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    state = states.load(home) or states.create(home, {"postgres": free_port()})
    states.save(home, state)
    credentials.ensure(home / "secrets")
    platform = Platform(load_settings(home), state)
    if not platform.is_alive("postgres"):
        server = Postgres()
        server.prepare(platform)
        server.start(platform)
        ending.callback(server.stop, platform)
        upgrade(platform.settings)
    os.environ["TRII_HOME"] = str(home)
    began = time.perf_counter()
    kernels.finish(platform.settings, lambda _: None)
    print(f"kernels ready after {time.perf_counter() - began:.1f} s")
    return platform.settings


def filled(lake: Lake, instruments: int) -> list[Bars]:
    market = SyntheticMarket(seed=7, instruments=instruments)
    bars = [market.daily(symbol, FIRST, LAST) for symbol in market.symbols]
    if not lake.holdings():
        lake.append_instruments("synthetic", market.listings(), recorded_at=RECORDED)
        tables = [one.to_arrow(recorded_at=RECORDED) for one in bars]
        lake.append_bars("synthetic", "1Day", pa.concat_tables(tables), recorded_at=RECORDED)
    print(f"{instruments} instruments, {sum(map(len, bars)):,} bars")
    return bars


def commands(settings: Settings) -> None:
    """Each from its start to its end, five times; the first of them warms the disk."""
    environment = {**os.environ, "TRII_HOME": str(settings.home)}
    for name in ("NUMBA_CPU_NAME", "NUMBA_CACHE_DIR"):
        environment.pop(name, None)

    def command(*words: str) -> float:
        # Another cash each time: a finished shard would be found again.
        words = tuple(word.replace("CASH", f"{time.time_ns() % 10**9}") for word in words)
        began = time.perf_counter()
        # 1 is a check that has found something, as that of an example that looks ahead.
        done = subprocess.run([TRII, *words], env=environment, capture_output=True, check=False)
        if done.returncode > 1:
            raise RuntimeError(done.stderr.decode())
        return time.perf_counter() - began

    run_words = ("backtest", "run", "--strategy=sma-cross", "--universe=synthetic")
    took("trii backtest run", lambda: command(*run_words, "--initial-cash=CASH"), goal=2.5)
    for words in LOOKS:
        took(f"trii {' '.join(words)}", lambda words=words: command(*words), goal=LOOK_S)
    took("trii data check, days", lambda: command("data", "check"), goal=CHECK_S)
    leaks = f"{LEAKS}:centred_trend"
    took("trii leak-check", lambda: command("leak-check", leaks), goal=CHECK_S)
    python = [sys.executable, "-c"]
    for module in ("numba", "market.backtest"):
        took(
            f"import {module}",
            lambda module=module: timed(
                lambda: subprocess.run([*python, f"import {module}"], env=environment, check=True)
            ),
        )


def notebook(bars: list[Bars]) -> None:
    """A warm call of `trii.backtest`, beside the kernel's own time and vectorbt's."""
    strategy, panel = trii.SmaCross(fast=20), Panel.from_bars(bars)
    options = {"mode": "next-open", "costs": Costs(), "sleeve_cash": 1_000.0}
    kernel = took("kernel alone", lambda: timed(lambda: run(panel, strategy, **options)))
    call = took(
        "trii.backtest(bars)",
        lambda: timed(lambda: trii.backtest(bars, strategy, record=False).equity),
    )
    print(f"  to the kernel's: {call / kernel:.2f}{beside(call / kernel, 3.0)}")
    peer = vectorbt(panel)
    shown = f"{call / peer:.2f}{beside(call / peer, 1.0)}" if peer else "not installed here"
    print(f"  to vectorbt's: {shown}")


def vectorbt(panel: Panel) -> float | None:
    """Its own seconds for the same crossing on the same closes, warm; None where it is not there."""
    python = os.environ.get("VECTORBT_PYTHON", sys.executable)
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, panel.close.T)
        done = subprocess.run(
            [python, "-c", VECTORBT, file.name], capture_output=True, text=True, check=False
        )
    if done.returncode:
        return None
    print(f"{'vectorbt warm':<28} {float(done.stdout):7.3f} s")
    return float(done.stdout)


def cluster(settings: Settings) -> None:
    """On the running platform: `--on cluster`, a job over HTTP from POST to its result, the registry."""
    os.environ["TRII_HOME"] = str(settings.home)
    words = [TRII, "backtest", "run", "--strategy=sma-cross", "--universe=synthetic"]
    cash = iter(range(1_000_000, 2_000_000))
    on_cluster = [*words, "--on=cluster"]
    took(
        "trii backtest run --on cluster",
        lambda: timed(
            lambda: subprocess.run(
                [*on_cluster, f"--initial-cash={next(cash)}"], capture_output=True, check=True
            )
        ),
        times=3,
        goal=12.0,
    )
    took(
        "POST /v1/jobs to result",
        lambda: timed(lambda: over_http(settings, next(cash))),
        times=3,
        goal=6.0,
    )
    models = [TRII, "model", "list"]
    took(
        "trii model list",
        lambda: timed(lambda: subprocess.run(models, capture_output=True, check=True)),
        goal=LOOK_S,
    )


def over_http(settings: Settings, cash: int) -> None:
    import httpx  # noqa: PLC0415  # for this alone

    token = subprocess.run(
        [TRII, "token", "--role=scientist"], capture_output=True, text=True, check=True
    ).stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=settings.api_url, headers=headers, trust_env=False) as client:
        request = {"strategy": "sma-cross", "universe": "synthetic", "initial_cash": str(cash)}
        job = client.post("/v1/jobs", json={"kind": "backtest", "request": request})
        name = job.raise_for_status().json()["data"]["id"]
        while client.get(f"/v1/jobs/{name}").json()["data"]["state"] != "succeeded":
            time.sleep(0.05)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def took(
    what: str, measure: Callable[[], float], *, times: int = 5, goal: float | None = None
) -> float:
    """The least of several, after one that warms, the median beside it, and whether the goal is met."""
    measure()
    every = [measure() for _ in range(times)]
    told = "" if goal is None else beside(min(every), goal)
    print(
        f"{what:<32} {min(every):7.3f} s (median {statistics.median(every):.3f}){told}", flush=True
    )
    return min(every)


def beside(found: float, goal: float) -> str:
    return f"  goal {goal:g}: {'met' if found <= goal else 'missed'}"


if __name__ == "__main__":
    main()
