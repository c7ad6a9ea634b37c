"""How a family of trials is judged, as a document and as a line for people."""

from collections.abc import Sequence
from typing import Any

from cluster.backtests.store import get_backtest
from cluster.errors import TriiError
from cluster.ledger import store as ledger
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.backtest.summary import against_baseline
from jobs.backtest.trial import judge
from market.errors import MarketError


def verdict_of(settings: Settings, family: Sequence[ledger.Trial]) -> dict[str, Any]:
    """The verdict as plain values; only `why_not` where there can be none."""
    try:
        verdict = judge(Lake.of(settings), family)
    except (TriiError, MarketError) as exc:
        return {"why_not": str(exc)}
    best = family[verdict.best]
    return {
        "probability": verdict.probability,
        "raw": verdict.raw,
        "clustered": verdict.clustered,
        "idle": verdict.idle,
        "sessions": verdict.observations,
        "best": best.id,
        "best_run": best.run_id,
        "best_lead": _lead(settings, best.run_id),
    }


def _lead(settings: Settings, run_id: str) -> dict[str, Any] | None:
    """How the run stands against buy and hold; None where no run of ours tells."""
    with connect(settings, "jobs") as connection:
        run = get_backtest(connection, run_id)
    baseline = (run.metrics or {}).get("baseline", {}) if run else {}
    lead: dict[str, Any] | None = baseline.get("lead")
    return lead


def line_of(verdict: dict[str, Any]) -> str:
    if "why_not" in verdict:
        return f"deflated Sharpe: not known: {verdict['why_not']}"
    raw, clustered = verdict["raw"], verdict["clustered"]
    idle = f", {verdict['idle']} idle" if verdict["idle"] else ""
    return (
        f"deflated Sharpe {verdict['probability']:.3f}, the probability that the best "
        f"({verdict['best_run']}) beats luck: {raw.probability:.3f} of {raw.trials} trials{idle}, "
        f"{clustered.probability:.3f} of {clustered.trials} clusters of near-copies\n"
        f"{_against_baseline(verdict['best_lead'])}"
    )


def _against_baseline(lead: dict[str, Any] | None) -> str:
    """To beat luck is not to beat what asks for no idea at all."""
    if lead is None:
        return "how it stands against buy and hold is not known: run it again"
    return f"the best earned {against_baseline({'lead': lead})}"
