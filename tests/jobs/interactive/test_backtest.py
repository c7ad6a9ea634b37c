"""`trii.backtest`: the job's numbers for the same bars, in tables with dates, and a trial like its own."""

import json
import re
import threading
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import trii
from cluster.errors import BadInput
from cluster.laptop import state as states
from cluster.ledger import store as ledger
from cluster.ledger.returns import returns_of
from cluster.requests.backtest import parse_request
from cluster.requests.trial import TrialRequest
from cluster.stores import places
from cluster.stores.lake import Lake
from cluster.stores.lake.known_prices import recorded
from cluster.stores.postgres import connect
from jobs.backtest.plan import make_plan
from jobs.backtest.run import compute
from jobs.fan_out import in_process
from jobs.interactive import ledger as entering
from jobs.interactive.frames import bars_of
from market.actions import Delisting, Split, adjust
from market.backtest import Costs
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from tests.databases import data_at
from tests.jobs.backtest.conftest import CODE, RECORDED, put_sample, put_synthetic
from tests.market.actions.test_adjustment import at, make_bars, split

FREE = Costs(0, 0)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    put_synthetic(lake, instruments=6)
    put_sample(lake)
    return lake


def bars_in(lake, universe):
    read = recorded(
        lake, lake.universe(universe), timeframe="1Day", end=None, snapshot=lake.snapshot()
    )
    return {name: bars for name, (bars, _) in read.items()}


def of_job(lake, folder, **fields):
    plan = make_plan(parse_request(fields), lake=lake, code=CODE)
    options = {
        "results": places.at(folder),
        "lake": lake,
        "fan_out": in_process,
        "clock": lambda: RECORDED,
    }
    return compute(plan, run_id="bt-1", **options)


@pytest.mark.parametrize(
    ("universe", "strategy", "start"),
    [
        ("synthetic", trii.SmaCross(fast=5, slow=20), None),
        ("synthetic", trii.VolTarget(), "2018-07-01"),
        ("synthetic", trii.DonchianBreakout(entry=20, leave=10), None),
        ("sample", trii.SmaCross(fast=5, slow=20), "2018-03-01"),
        ("synthetic", trii.MomentumRank(lookback=21, keep=0.34), None),
        ("synthetic", trii.Pairs(lookback=30, entry=1.0), "2018-07-01"),
        ("sample", trii.RiskParity(lookback=40), "2018-03-01"),
    ],
)
def test_the_same_bars_give_the_numbers_of_the_job_to_the_bit(
    lake, tmp_path, universe, strategy, start
):
    asked = {"strategy": strategy.name, "parameters": dict(strategy.values), "universe": universe}
    job = of_job(lake, tmp_path, **asked, **({"start": start} if start else {}))
    result = trii.backtest(bars_in(lake, universe), strategy, start=start, record=False)
    assert result.equity.to_numpy().tobytes() == job.result.equity.tobytes()
    curve = pq.read_table(job.folder / "equity.parquet")
    assert result.equity.index.to_numpy().astype("datetime64[D]").tolist() == (
        curve["session"].to_pylist()
    )
    job_metrics = job.metrics
    stats = result.stats.drop("sessions_per_year")
    assert {name: None if pd.isna(value) else value for name, value in stats.items()} == {
        name: value for name, value in job_metrics.items() if name != "baseline"
    }
    trades = pd.read_parquet(job.folder / "trades.parquet")
    np.testing.assert_array_equal(result.trades["pnl"], trades["pnl"])
    assert result.whole.metrics() == job_metrics
    assert result.whole.data_hash == job.result.data_hash


def frame():
    days = pd.date_range("2020-01-01", periods=400, freq="B")
    rng = np.random.default_rng(3)
    paths = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (400, 3)), axis=0))
    return pd.DataFrame(paths, index=days, columns=["AAA", "BBB", "CCC"])


def test_orders_are_dated_and_explain_each_trade():
    result = trii.backtest(frame(), trii.SmaCross(fast=5, slow=20), record=False)
    orders, trades = result.orders, result.trades
    assert list(orders.columns) == ["instrument_id", "decided", "filled", "side", "share", "price"]
    bought = orders[(orders["side"] == "buy") & orders["filled"].notna()]
    assert bought["filled"].tolist() == trades["entry_session"].tolist()
    assert bought["price"].tolist() == trades["entry_price"].tolist()
    sold = orders[(orders["side"] == "sell") & orders["filled"].notna()]
    closed = trades[trades["exit_session"].notna()]
    assert sold["filled"].tolist() == closed["exit_session"].tolist()
    assert (orders["decided"] < orders["filled"])[orders["filled"].notna()].all()
    prices = frame()
    for order in bought.itertuples():
        assert order.price == prices.loc[order.filled, order.instrument_id]


def test_an_order_of_the_last_bar_has_no_fill():
    rising = pd.DataFrame({"AAA": [3.0, 2.0, 1.0, 1.0, 9.0]}, index=frame().index[:5])

    class Jump(trii.Strategy):
        name = "jump"
        inputs = ("close",)

        def target(self, x):
            return np.where(x[0] > 5.0, 1.0, 0.0)

    (order,) = trii.backtest(rising, Jump, record=False).orders.to_dict("records")
    assert (order["decided"], order["side"]) == (rising.index[-1], "buy")
    assert pd.isna(order["filled"])
    assert np.isnan(order["price"])


def test_a_result_shows_itself_and_writes_the_jobs_report(tmp_path):
    result = trii.backtest(frame(), "sma-cross", costs={"commission_bps": 1.0}, record=False)
    html = result._repr_html_()
    assert html.count("<polyline") == 2
    assert ".hover g:hover" in html
    assert "Sharpe ratio" in html
    assert "not recorded: record=False" in html
    page = result.report(tmp_path / "x.html").read_text()
    assert "sma-cross" in page
    assert "commission 1.0 bps" in page
    assert "taken as adjusted" in page
    assert re.search(r"<b>[0-9,.]+</b>\s*<small>from 1,000,000.00", page)
    assert "Backtest sma-cross on 3 instruments" in repr(result)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"strategy": "sma-cros"}, BadParameter, "did you mean 'sma-cross'"),
        ({"strategy": "momentum-rank", "bars": frame()[::5]}, BadParameter, "bars are no days"),
        ({"calendar": "XNYZ"}, BadParameter, "did you mean 'XNYS'"),
        ({"strategy": 3}, BadParameter, "expected one such as SmaCross"),
        ({"mode": "next-open"}, DataNotFit, "remedy: mode total-return"),
        ({"cash": 0}, BadParameter, "cash=0: expected a number above 0"),
        ({"cash": "1000"}, BadParameter, "cash='1000': expected a number above 0"),
        ({"cash": float("inf")}, BadParameter, "cash=inf"),
        ({"cash": float("nan")}, BadParameter, "cash=nan"),
        ({"costs": {"comission_bps": 1.0}}, BadParameter, "did you mean 'commission_bps'?"),
        ({"costs": {"commission_bps": "1"}}, BadParameter, "commission_bps='1': expected a number"),
        (
            {"costs": 5},
            BadParameter,
            "costs=5: expected a dict with commission_bps and slippage_bps",
        ),
        ({"mode": "next_open"}, BadParameter, "did you mean 'next-open'?"),
        ({"sessions_per_year": 0}, BadParameter, "a whole number from 1 to 366"),
        ({"sessions_per_year": 252.5}, BadParameter, "a whole number from 1 to 366"),
        ({"family": "My Idea"}, BadParameter, "family='My Idea': expected small letters"),
        ({"costs": {"commission_bps": -1.0}}, BadParameter, "from 0 to 1000"),
        ({"start": "2031-01-01"}, DataNotFit, "from 2031-01-01, one to decide at and one to be "),
        ({"start": "soon"}, DataNotFit, "'soon' is no date"),
        ({"strategy": trii.DonchianBreakout()}, DataNotFit, "strategy close-breakout"),
        ({"bars": frame()[::5]}, None, None),
        ({"bars": frame()[::3]}, BadParameter, "sessions_per_year="),
    ],
)
def test_what_can_not_be_run_is_refused_with_the_remedy(changes, error, says):
    given = {"bars": frame(), "strategy": trii.SmaCross, "record": False, **changes}
    if error is None:
        assert trii.backtest(**given).question.sessions_per_year == 52
        return
    with pytest.raises(error, match=re.escape(says)):
        trii.backtest(**given)


def test_the_page_of_a_portfolio_is_the_jobs(lake, tmp_path):
    asked = {"strategy": "risk-parity", "universe": "synthetic", "parameters": {"lookback": 40}}
    of_job(lake, tmp_path, **asked)
    page = (tmp_path / "bt-1" / "report.html").read_text()
    strategy = trii.RiskParity(lookback=40)
    result = trii.backtest(bars_in(lake, "synthetic"), strategy, record=False)
    ours = result.report(tmp_path / "x.html").read_text()
    for told in (r"<svg.*?</svg>", r"<th>sleeves</th><td>.*?</td>", r"<b>[0-9,.]+</b>"):
        assert re.findall(told, ours, re.DOTALL) == re.findall(told, page, re.DOTALL)
    assert "calendar 24/7" in ours
    assert "one cash account" in ours


class Halves(trii.Strategy):
    """Half in each of the first two, from month to month."""

    name = "halves"
    rebalance = "month-end"

    def weights(self, x, book):
        return np.array([0.5, 0.5, 0.0])


def test_orders_of_a_portfolio_are_dated_and_explain_what_is_held():
    result = trii.backtest(frame(), Halves, record=False)
    orders, prices = result.orders, frame()
    assert list(orders.columns) == ["instrument_id", "decided", "filled", "side", "share", "price"]
    assert set(orders["instrument_id"]) == {"AAA", "BBB"}
    assert set(orders["share"]) == {0.5}
    filled = orders[orders["filled"].notna()]
    assert (filled["decided"] < filled["filled"]).all()
    for order in filled.itertuples():
        assert order.price == prices.loc[order.filled, order.instrument_id]
        assert order.filled == prices.index[prices.index.get_loc(order.decided) + 1]
    months = frame().index.to_series().groupby(frame().index.to_period("M")).last()
    assert set(orders["decided"]) <= set(months)
    assert set(orders["side"]) == {"buy", "sell"}
    first = orders.groupby("instrument_id").first()
    assert first["side"].tolist() == ["buy", "buy"]


def test_the_last_order_of_a_portfolio_has_no_fill():
    class Late(trii.Strategy):
        name = "late"

        def weights(self, x, book):
            return np.where(book.session == np.datetime64("2021-07-13"), [0.0, 1.0, 0.0], 0.0)

    (order,) = trii.backtest(frame(), Late, record=False).orders.to_dict("records")
    assert (order["instrument_id"], order["side"], order["share"]) == ("BBB", "buy", 1.0)
    assert order["decided"] == frame().index[-1]
    assert pd.isna(order["filled"])
    assert np.isnan(order["price"])


def test_numbers_of_numpy_are_numbers():
    plain = trii.backtest(
        frame(), trii.RiskParity(lookback=40), cash=5e5, start="2020-01-01", record=False
    )
    result = trii.backtest(
        frame(),
        trii.RiskParity(lookback=np.int64(40)),
        cash=np.float32(5e5),
        costs={"commission_bps": np.int64(2)},
        start=np.datetime64("2020-01-01"),
        sessions_per_year=np.int32(252),
        record=False,
    )
    assert result.equity.tolist() == plain.equity.tolist()
    assert result.stats.equals(plain.stats)


def test_a_strategy_in_a_file_is_taken_by_its_name_and_refused_by_near_ones(tmp_path):
    path = tmp_path / "ideas.py"
    path.write_text("from trii import SmaCross\n\n\nclass Mine(SmaCross):\n    name = 'mine'\n")
    result = trii.backtest(frame(), f"{path}:Mine", record=False)
    assert result.stats.name == "mine"
    expected = trii.backtest(frame(), "sma-cross", record=False)
    assert result.equity.tolist() == expected.equity.tolist()
    for name, says in (
        (f"{path}:Mime", "did you mean Mine"),
        (
            f"{tmp_path}/idea.py:Mine",
            "no such file; did you mean ideas.py",
        ),
    ):
        with pytest.raises((BadInput, BadParameter), match=says):
            trii.backtest(frame(), name, record=False)


@pytest.mark.parametrize("given", [frame(), {name: frame()[name] for name in frame()}])
def test_a_portfolio_takes_what_others_take(given):
    first, again = (trii.backtest(one, "momentum-rank", record=False) for one in (given, frame()))
    assert first.equity.tolist() == again.equity.tolist()
    assert first._repr_html_().count("<polyline") == 2


def whole_frame():
    closes = frame()["AAA"]
    return pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), closes))


def test_the_same_bars_in_another_mode_are_other_data():
    options = {"strategy": "sma-cross", "record": False}
    found = {
        mode: trii.backtest(whole_frame(), mode=mode, **options).whole.data_hash
        for mode in (None, "next-open", "total-return")
    }
    assert found[None] == found["next-open"] != found["total-return"]
    closes = trii.backtest(frame(), **options)
    assert closes.whole.data_hash == (
        trii.backtest(frame(), mode="total-return", **options).whole.data_hash
    )


SPLIT = Split(instrument_id="prices", ex_date=date(2020, 6, 1), available_at=RECORDED, ratio=2.0)


def test_raw_closes_with_a_split_are_refused_with_remedies_that_work():
    closes = frame()["AAA"].rename("prices")
    options = {"strategy": "buy-and-hold", "record": False}
    for mode in (None, "total-return"):
        with pytest.raises(
            DataNotFit, match=r"adjust them first \(market.actions.adjust\), or leave"
        ):
            trii.backtest(closes, actions=[SPLIT], mode=mode, **options)
    adjusted = adjust(
        bars_of(closes)[0],
        [SPLIT],
        adjustment="all",
        convention="total-return",
        as_of=RECORDED,
        calendar=get_calendar("XNYS"),
    )
    grown = trii.backtest(adjusted, actions=[SPLIT], **options).equity.iloc[-1]
    # Closes that fall by half as a share becomes two.
    assert grown == pytest.approx(2.0 * trii.backtest(closes, **options).equity.iloc[-1])


def test_one_of_closes_alone_among_others_is_no_reason_to_send_in_a_circle():
    given = {"prices": whole_frame(), "other": frame()["BBB"]}
    with pytest.raises(DataNotFit, match="adjust them first"):
        trii.backtest(given, "buy-and-hold", actions=[SPLIT], record=False)
    found = trii.backtest(whole_frame(), "buy-and-hold", actions=[SPLIT], record=False)
    with pytest.raises(DataNotFit, match="remedy: mode next-open, which books them"):
        trii.backtest(
            whole_frame(), "buy-and-hold", actions=[SPLIT], mode="total-return", record=False
        )
    assert found.question.mode == "next-open"


def test_an_adjusted_close_has_its_actions_in_it():
    given = whole_frame().assign(**{"Adj Close": frame()["BBB"]})
    options = {"strategy": "buy-and-hold", "record": False}
    with_them = trii.backtest(given, actions=[SPLIT], **options)
    assert with_them.equity.tolist() == trii.backtest(given, **options).equity.tolist()


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        (pd.date_range("2020-01-01", periods=800, freq="B"), 252),
        (pd.date_range("2020-01-01", periods=800, freq="D"), 365),
        (pd.date_range("2020-01-01", periods=90, freq="W"), 52),
        (pd.date_range("2020-01-01", periods=40, freq="MS"), 12),
        (pd.date_range("2020-01-06", periods=5, freq="D"), 252),
        (pd.date_range("2020-01-03", periods=5, freq="D"), 365),
    ],
)
def test_a_year_has_the_sessions_that_the_dates_come_to(dates, year):
    prices = pd.Series(np.linspace(1.0, 2.0, len(dates)), index=dates)
    assert trii.backtest(prices, "buy-and-hold", record=False).stats["sessions_per_year"] == year


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    """A platform of its own home on the tests' PostgreSQL."""
    settings = database.model_copy(update=data_at(tmp_path))
    states.save(tmp_path, states.create(tmp_path, {}))
    monkeypatch.setattr(entering, "load_settings", lambda: settings)
    return settings


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        (trii.SmaCross(fast=5), {"fast": 5, "slow": 50}),
        (trii.MomentumRank(lookback=21), {"lookback": 21, "keep": 0.2}),
    ],
)
def test_on_a_platform_a_result_is_a_trial_once(home, strategy, parameters):
    family = f"family-{uuid4().hex[:12]}"
    first = trii.backtest(frame(), strategy, family=family)
    again = trii.backtest(frame(), strategy, family=family)
    other = trii.backtest(frame() * 2.0, strategy, family=family)
    with connect(home, "serve") as connection:
        one, two = ledger.trials_of(connection, family)
    assert first.ledger == f"trial {one.id[:12]} of family {family}"
    assert again.ledger == f"{first.ledger}, as before"
    assert other.ledger.startswith(f"trial {two.id[:12]}")
    assert (one.strategy, one.parameters, one.universe) == (strategy.name, parameters, "own")
    _, returns = returns_of(Lake(home.lake_url), [one.id])[one.id]
    np.testing.assert_allclose(returns, first.returns, rtol=1e-6, atol=1e-9)


def test_without_a_platform_a_result_says_that_it_is_no_trial(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    monkeypatch.delenv("TRII_API_URL", raising=False)
    result = trii.backtest(frame(), "buy-and-hold")
    assert result.ledger == entering.NOWHERE
    assert json.dumps(result.stats["trades"]) == "3"


def test_a_platform_that_is_away_costs_no_result(home, monkeypatch):
    away = home.model_copy(update={"postgres_port": 1})
    monkeypatch.setattr(entering, "load_settings", lambda: away)
    result = trii.backtest(frame(), "buy-and-hold")
    assert result.ledger.startswith("not recorded: ")
    assert result.stats["final_equity"] > 0


def test_where_the_stores_are_away_a_result_is_told_over_http_if_there_is_a_token(
    home, monkeypatch
):
    """As in a job on a machine that reaches the API and not PostgreSQL."""
    away = home.model_copy(update={"postgres_port": 1})
    monkeypatch.setattr(entering, "load_settings", lambda: away)
    server, asked = answering(201, {"data": {"id": "f" * 64}})
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("TRII_API_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("TRII_TOKEN", "t")
    monkeypatch.setenv("NO_PROXY", "*")
    result = trii.backtest(frame(), "buy-and-hold")
    server.server_close()
    assert (result.ledger, len(asked)) == (f"trial {'f' * 12} of family buy-and-hold", 1)
    monkeypatch.setenv("TRII_API_URL", "http://127.0.0.1:1")
    both = trii.backtest(frame(), "buy-and-hold").ledger
    assert both.startswith("not recorded: PostgreSQL as jobs: ")
    assert "http://127.0.0.1:1 does not answer" in both


def answering(status, document):
    """A platform elsewhere that gives one answer, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_):
            pass

    return HTTPServer(("127.0.0.1", 0), Handler), asked


@pytest.mark.parametrize(
    ("status", "document", "says"),
    [
        (201, {"data": {"id": "f" * 64}}, f"trial {'f' * 12} of family elsewhere"),
        (200, {"data": {"id": "f" * 64}}, "of family elsewhere, as before"),
        (403, {"detail": "lacks trials:write"}, "answers 403: lacks trials:write"),
        (502, [], "answers 502: []"),
    ],
)
def test_elsewhere_a_result_is_told_over_http(tmp_path, monkeypatch, status, document, says):
    server, asked = answering(status, document)
    threading.Thread(target=server.handle_request, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "TRII_HOME": str(tmp_path), "TRII_API_URL": address, "TRII_TOKEN": "t", "NO_PROXY": "*",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    result = trii.backtest(frame(), trii.SmaCross(fast=5), family="elsewhere")
    server.server_close()
    assert says in result.ledger
    ((path, token, body),) = asked
    assert (path, token) == ("/v1/trials", "Bearer t")
    # What is sent is what the route takes.
    assert TrialRequest.model_validate(body).returns == result.returns.tolist()


def test_a_platform_elsewhere_that_does_not_answer_costs_no_result(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    monkeypatch.setenv("TRII_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TRII_TOKEN", "t")
    result = trii.backtest(frame(), "buy-and-hold")
    assert "http://127.0.0.1:1 does not answer" in result.ledger


@pytest.mark.parametrize("told", [[], [split(5, 4.0)]])
def test_who_is_delisted_by_the_first_bar_changes_no_mode(told):
    """The other is bought at an open of 100 and closes at 110: half of the cash grows by a tenth."""
    bars = {name: replace(make_bars(), instrument_id=name) for name in ("x:A", "x:B")}
    prices = {"open": 100.0, "high": 110.0, "low": 100.0, "close": 110.0}
    whole = {name: np.full(len(bars["x:B"]), price) for name, price in prices.items()}
    bars["x:B"] = replace(bars["x:B"], **whole)
    gone = Delisting(**at(0), value=50.0)
    result = trii.backtest(
        bars, "buy-and-hold", actions=[gone, *told], costs=FREE, cash=1_000.0, record=False
    )
    assert result.equity.iloc[-1] == pytest.approx(1_050.0)


def test_a_delisting_far_ahead_changes_neither_the_equity_nor_what_a_year_has():
    bars = {"x:A": make_bars(count=40)}
    gone = Delisting(**at(200), value=150.0)
    options = {"costs": FREE, "record": False}
    plain = trii.backtest(bars, "buy-and-hold", **options)
    found = trii.backtest(bars, "buy-and-hold", actions=[gone], **options)
    assert found.equity.tolist() == plain.equity.tolist()
    assert found.stats["sessions_per_year"] == 365
