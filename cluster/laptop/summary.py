"""What `trii up` ends with: addresses, a token, and proof that the platform answers."""

from datetime import UTC, datetime
from typing import Any

import click
import httpx

from cluster.clock import Clock
from cluster.laptop.status import status
from cluster.requests.universe import called
from cluster.security.local import issue_local
from cluster.settings import Settings
from cluster.stores import places

QUOTE_SYMBOL = "SYN001"
PREDICTION = {"symbols": ["AAPL"], "horizon": 5}


def summary(settings: Settings, *, clock: Clock) -> dict[str, Any]:
    """Addresses, components, a quote, a prediction and the newest backtest, asked over HTTP.

    Nothing is asked where there is no key to sign a token, as on an engineer's own machine.
    """
    current = status(settings)
    document: dict[str, Any] = {
        "ready": current.ready,
        "urls": current.urls,
        "components": [vars(component) for component in current.components],
    }
    if not settings.token_private_key_path.exists():
        return document
    token = issue_local(settings, role="scientist", clock=clock)
    with httpx.Client(
        base_url=settings.api_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=15.0,
        trust_env=False,
    ) as http:
        quote = _data(http, "GET", f"/v1/quotes/{QUOTE_SYMBOL}")
        prediction = _data(http, "POST", "/v1/predictions", json=PREDICTION)
        backtests = _data(http, "GET", "/v1/backtests", params={"limit": "1"})
    return document | {
        "curl": f"curl -H 'Authorization: Bearer {token}' "
        f"{settings.api_url}/v1/quotes/{QUOTE_SYMBOL}",
        "quote": quote,
        "prediction": prediction[0] if prediction else None,
        "backtest": _with_report(settings, backtests[0]) if backtests else None,
    }


def _with_report(settings: Settings, backtest: dict[str, Any]) -> dict[str, Any]:
    """HTTP clients are told no paths of this machine; whoever sits at it is."""
    return {**backtest, "report": str(places.results(settings) / backtest["id"] / "report.html")}


def _data(http: httpx.Client, method: str, path: str, **given: Any) -> Any:
    """The envelope's data; None where a route failed, which the summary then says."""
    try:
        answer = http.request(method, path, **given)
    except httpx.TransportError:
        return None
    return answer.json()["data"] if answer.status_code == httpx.codes.OK else None


def print_summary(document: dict[str, Any]) -> None:
    """The summary for people, on standard output."""
    answers = (_quote, _prediction, _backtest, _curl) if "curl" in document else ()
    for part in (_addresses, _components, *answers):
        click.echo("\n".join(part(document)))


def _addresses(document: dict[str, Any]) -> list[str]:
    titles = {
        "api": "API",
        "docs": "API docs",
        "dashboard": "Ray dashboard",
        "mlflow": "MLflow",
    }
    return ["", *(f"  {titles[name]:<14} {url}" for name, url in document["urls"].items())]


def _components(document: dict[str, Any]) -> list[str]:
    lines = [""]
    for c in document["components"]:
        since = _since(c["age_s"])
        address = c["address"] or "-"
        process = f"PID {c['pid']} {since}" if c["pid"] else ""
        lines.append(f"  {c['name']:<11} {c['state']:<8} {address:<18} {process}".rstrip())
    return lines


def _since(age_s: float | None) -> str:
    if age_s is None:
        return ""
    started = datetime.now(UTC).timestamp() - age_s
    return f"since {datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _quote(document: dict[str, Any]) -> list[str]:
    q = document["quote"]
    if not q:
        return ["", "  quote       none: see `trii doctor`"]
    state = "stale" if q["is_stale"] else "live"
    return [
        "",
        f"  quote       {q['symbol']}  bid {q['bid_price']}  ask {q['ask_price']}  last "
        f"{q['last_price']}  ({state}, {q['age_ms']} ms old, {q['source']})",
    ]


def _prediction(document: dict[str, Any]) -> list[str]:
    p = document["prediction"]
    if not p:
        return ["  prediction  none: see `trii doctor`"]
    interval, model = p["interval"], p["model"]
    between = (
        f"  {interval['coverage']:.0%} between {interval['lower']:.4f} and {interval['upper']:.4f}"
        if interval
        else ""
    )
    return [
        f"  prediction  {p['symbol']}  return over {p['horizon']} sessions {p['value']:.4f}"
        f"{between}  ({model['name']} version {model['version']})"
    ]


def _backtest(document: dict[str, Any]) -> list[str]:
    b = document["backtest"]
    if not b:
        return [
            "  backtest    none yet: trii backtest run --strategy sma-cross --universe synthetic"
        ]
    m = b["metrics"] or {}
    figures = (
        f"return {m['total_return']:.2%}  Sharpe {m['sharpe']:.2f}  drawdown {m['max_drawdown']:.2%}"
        if m.get("sharpe") is not None
        else b["state"]
    )
    request = b["request"]
    universe = called(request["universe"], request.get("members", ()))
    return [
        f"  backtest    {request['strategy']} on {universe}  {figures}",
        f"              {b['report']}",
    ]


def _curl(document: dict[str, Any]) -> list[str]:
    return ["", document["curl"]]
