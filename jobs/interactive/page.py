"""A result in memory as the job's page, and as what a notebook shows of it."""

from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from jobs.backtest.files import choices
from jobs.backtest.hover import STYLE
from jobs.backtest.provenance import code_version
from jobs.backtest.report import equity_chart, number, percent, render_report
from jobs.interactive.question import Question
from jobs.interactive.result import Backtest
from market.arrays import from_day
from market.backtest import MODES
from market.instruments import Instrument
from market.statistics import METHODS

_SHOWN = (
    ("total_return", "total return", percent),
    ("cagr", "growth a year", percent),
    ("sharpe", "Sharpe ratio", number),
    ("max_drawdown", "deepest drawdown", percent),
)
_STYLE = (
    Markup(
        "<style>.trii-backtest svg{max-width:960px;display:block}"
        ".trii-backtest polyline{fill:none;stroke-width:1.6}"
        ".trii-backtest .strategy{stroke:#1f63d6}.trii-backtest .baseline{stroke:#9aa5b3}"
        ".trii-backtest .grid{stroke:#8884}.trii-backtest svg text{fill:#888;font-size:12px}"
        ".trii-backtest .value{text-anchor:end}.trii-backtest .time{text-anchor:middle}"
    )
    + STYLE
    + Markup("</style>")
)


@dataclass(frozen=True)
class _Told:
    """What the page says of a run in memory, where a job has its plan."""

    question: Question

    @property
    def sleeve_cash(self) -> float:
        return self.question.sleeve_cash

    @property
    def universe_name(self) -> str:
        return self.question.universe

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        asked = self.question
        return tuple(
            Instrument(
                instrument_id=bars.instrument_id,
                symbol=bars.instrument_id,
                name="",
                exchange="",
                calendar="",
                currency="in the currency of the prices",
                valid_from=from_day(bars.session[0]),
                valid_to=None,
                dataset=asked.universe,
                fields="close" if bars.close_only else "ohlcv",
                adjusted=asked.mode == "total-return",
                synthetic=False,
            )
            for bars in asked.histories
        )

    def settled_request(self) -> dict[str, Any]:
        asked = self.question
        return {
            "strategy": asked.strategy.name,
            "parameters": dict(asked.strategy.values),
            "family": asked.family,
            "universe": asked.universe,
            "mode": asked.mode,
            "start": asked.start,
            **asdict(asked.costs),
        }


def report_page(result: Backtest) -> str:
    """The page of a job, of this result."""
    return render_report(_Told(result.question), result.whole, manifest=_manifest(result))


def notebook_part(result: Backtest) -> str:
    """A picture and a table of the key figures beside the baseline's, and the state of the ledger."""
    whole = result.whole
    head = Markup("<tr><th>{}</th><th>strategy</th><th>buy and hold</th></tr>").format(
        result.question.strategy.name
    )
    rows = [
        Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>").format(
            label, show(whole.figures.values[name]), show(whole.baseline_figures.values[name])
        )
        for name, label, show in _SHOWN
    ]
    return str(
        _STYLE
        + Markup('<div class="trii-backtest">{}<table>{}{}</table><p>{}</p></div>').format(
            equity_chart(whole), head, Markup("").join(rows), result.ledger
        )
    )


def _manifest(result: Backtest) -> dict[str, Any]:
    asked = result.question
    is_portfolio = asked.strategy.scope() == "portfolio"
    return {
        "id": result.run_id,
        "created_at": result.at.isoformat(),
        "definition": asked.data_hash,
        "strategy": {
            "name": asked.strategy.name,
            "reference": type(asked.strategy).__qualname__,
            "source_hash": result.source_hash,
            "leak_check": None,
        },
        "snapshot": "bars in memory",
        "datasets": [asked.universe],
        "synthetic": False,
        "mode": asked.mode,
        "mode_meaning": MODES[asked.mode],
        "calendar": asked.calendar.name if is_portfolio else "the dates of the bars",
        "sessions_per_year": asked.sessions_per_year,
        "code": code_version(),
        "choices": choices(asked.strategy.scope()),
        "methods": METHODS,
        "caveats": _caveats(asked),
    }


def _caveats(asked: Question) -> list[str]:
    notes = ["Bars in memory: nobody but their owner can make this result again."]
    if asked.mode == "total-return":
        notes.append(
            "Closes are taken as adjusted for splits and dividends, and filled a bar later."
        )
    return notes
