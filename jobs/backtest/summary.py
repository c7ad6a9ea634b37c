"""The key figures of a backtest as a few lines of text."""

from collections.abc import Mapping
from typing import Any


def key_figures(run_id: str, metrics: Mapping[str, Any], *, report: str) -> str:
    """What a person wants to see first; the baseline beside it."""
    base = metrics["baseline"]
    lines = [
        ("span", f"{metrics['first_session']} to {metrics['last_session']}"),
        ("final equity", f"{metrics['final_equity']:,.2f} from {metrics['initial_equity']:,.2f}"),
        ("total return", _pair(metrics, base, "total_return", percent=True)),
        ("growth a year", _pair(metrics, base, "cagr", percent=True)),
        ("Sharpe ratio", _pair(metrics, base, "sharpe", percent=False)),
        ("against it", against_baseline(base)),
        ("max drawdown", _pair(metrics, base, "max_drawdown", percent=True)),
        ("trades", f"{metrics['trades']:,} ({metrics['open_trades']} open)"),
        ("costs", f"{metrics['costs']:,.2f}"),
        *_income(metrics),
        ("id", run_id),
        ("report", report),
    ]
    return "\n".join(f"{name:<14} {text}" for name, text in lines)


def _income(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where there was any; runs of before actions were booked do not have it."""
    income = metrics.get("income")
    return [("dividends", f"{income:,.2f}")] if income else []


def against_baseline(base: Mapping[str, Any]) -> str:
    """Whether a run beats its baseline: the paired difference of daily returns, and what it shows."""
    lead = base.get("lead")
    if lead is None:
        return "too few sessions to tell it from buy and hold"
    shown = {
        "ahead": "it beats buy and hold",
        "behind": "it falls short of buy and hold",
        "undecided": "that it beats buy and hold is not shown",
    }
    low, high, mean = (f"{lead[name] * 100:+,.2f}" for name in ("lower", "upper", "mean"))
    return (
        f"{mean} % a year against buy and hold, {lead['confidence']:.0%} interval {low} to {high}: "
        f"{shown[lead['standing']]}"
    )


def _pair(ours: Mapping[str, Any], base: Mapping[str, Any], name: str, *, percent: bool) -> str:
    first, second = (_show(figures[name], percent=percent) for figures in (ours, base))
    return f"{first} (buy and hold {second})"


def _show(value: float | None, *, percent: bool) -> str:
    if value is None:
        return "undefined"
    return f"{value * 100:,.2f} %" if percent else f"{value:,.2f}"
