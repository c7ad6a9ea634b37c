"""The report stands alone, escapes what it shows, and its charts keep what matters."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.drawing.scale import Scale, log_ticks, ticks
from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.places import at
from jobs.backtest.charts import line_chart, thin, year_marks
from jobs.backtest.files import manifest
from jobs.backtest.gather import gather
from jobs.backtest.lines import Line
from jobs.backtest.over_time import activity, is_long, year_rows
from jobs.backtest.plan import make_plan
from jobs.backtest.report import number, percent, points, render_report, short_money
from jobs.backtest.shard import describe, run_shard
from jobs.backtest.summary import against_baseline
from tests.jobs.backtest.conftest import CODE, put_synthetic


def days(n, first="2020-01-01"):
    return np.datetime64(first, "D") + np.arange(n)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_axis_marks_span_the_values(low, width):
    high = low + width
    marks = ticks(low, high)
    slack = 1e-9 * max(abs(low), abs(high), 1)
    assert marks[0] <= low + slack
    assert marks[-1] >= high - slack
    assert len(marks) <= 8


def test_a_thinned_line_keeps_its_ends_and_extremes():
    values = np.random.default_rng(1).normal(size=20_000).cumsum()
    kept = thin(values, 480)
    assert len(kept) < 1_000
    assert {0, 19_999, int(values.argmin()), int(values.argmax())} <= set(kept)


def test_years_are_marked_where_they_begin():
    session = days(1_200)
    assert [(str(session[k]), text) for k, text in year_marks(session, 8)] == [
        ("2021-01-01", "2021"),
        ("2022-01-01", "2022"),
        ("2023-01-01", "2023"),
    ]
    assert year_marks(days(3), 8) == []


def test_a_chart_escapes_its_texts_and_stays_inside_its_frame():
    line = Line("<b>", np.array([1.0, 3.0, 2.0]), "strategy", fill=True)
    svg = line_chart(days(3), [line], label=str, told=str, title='a"<', width=200, height=100)
    assert "<b>" not in svg
    assert 'aria-label="a&#34;&lt;"' in svg
    points = re.search(r'<polyline class="strategy" points="([^"]+)"', svg)[1]
    for point in points.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 200
        assert 0 <= y <= 100


def bands_of(svg):
    """Left and right edge of each band, counted from the right end of the lines, and its text."""
    found = re.findall(r'<path d="M(-?[\d.]+) 8h([\d.]+)v\d+h-[\d.]+z"/><text>([^<]+)</text>', svg)
    return [(float(left), float(left) + float(width), text) for left, width, text in found]


@pytest.mark.parametrize("count", [2, 3, 200, 5000])
def test_under_the_pointer_stand_the_date_and_the_values_of_that_place(count):
    values = np.arange(count) + 1000.0
    lines = [Line("baseline: held", values * 2, "b"), Line("strategy", values, "s")]
    svg = line_chart(
        days(count), lines, label=str, told=number, title="t", width=960.0, height=300.0
    )
    bands = bands_of(svg)
    assert len(bands) == min(count, 440)
    lefts, rights = ([band[side] for band in bands] for side in (0, 1))
    assert (lefts[0], rights[-1]) == (-880.0, 0.0)
    np.testing.assert_allclose(rights[:-1], lefts[1:], atol=0.2)
    for left, right, text in bands:
        date, ours, theirs = text.split(" \N{MIDDLE DOT} ")
        at = int((np.datetime64(date) - days(1)[0]).astype(int))
        assert (ours, theirs) == (
            f"strategy {number(values[at])}", f"baseline {number(2 * values[at])}"
        )  # fmt: skip
        place = (at / (count - 1) - 1) * 880.0
        assert left - 0.2 <= place <= right + 0.2


def test_what_stands_under_the_pointer_needs_no_script_and_is_unseen_without_its_style(
    plan, lake, tmp_path
):
    _, page = page_of(plan(), lake, tmp_path)
    assert page.count('<g class="hover" visibility="hidden" pointer-events="all"') == 4
    assert page.count(".hover g:hover{visibility:visible}") == 1
    assert "<script" not in page
    assert "onmouse" not in page


def test_a_flat_line_of_two_sessions_is_drawn():
    how = {"label": str, "told": str, "title": "t", "width": 900.0, "height": 300.0}
    assert "polyline" in line_chart(days(2), [Line("x", np.ones(2), "s")], **how)


def test_undefined_figures_are_a_dash_and_signs_are_minus_signs():
    assert (percent(None), number(None)) == ("\N{EN DASH}", "\N{EN DASH}")
    assert percent(-0.1234) == "\N{MINUS SIGN}12.34 %"
    assert [short_money(v) for v in (950_000, 1_250_000, 12)] == ["950k", "1.25M", "12"]


def test_a_report_asks_nothing_of_the_network(plan, lake, tmp_path):
    chosen = plan(universe="sample")
    descriptors = describe(chosen, lake=lake, folder=at(tmp_path))
    for one in descriptors:
        run_shard(one)
    result = gather(chosen, descriptors)
    facts = manifest(chosen, run_id="bt-1", created_at="<script>", shards=1)
    page = render_report(chosen, result, manifest=facts)
    assert not re.search(r"https?://|<link|<script|src=", page)
    assert "mode total-return" in page
    assert "Survivors only" in page
    assert chosen.definition in page


def page_of(chosen, lake, folder, change=lambda result: result):
    descriptors = describe(chosen, lake=lake, folder=at(folder))
    for one in descriptors:
        run_shard(one)
    result = change(gather(chosen, descriptors))
    facts = manifest(chosen, run_id="bt-1", created_at="now", shards=1)
    return result, render_report(chosen, result, manifest=facts)


def test_a_report_says_first_whether_it_beats_what_asks_for_no_idea(plan, lake, tmp_path):
    result, page = page_of(plan(), lake, tmp_path)
    told = against_baseline(result.metrics()["baseline"]).replace("-", "\N{MINUS SIGN}")
    assert "a year against buy and hold, 95% interval" in told
    assert page.index(told) < page.index("Final equity")
    assert f"trii backtest trials --family {plan().family}" in page


def test_a_result_that_one_sleeve_makes_says_so_before_its_figures(plan, lake, tmp_path):
    def one_wins(result):
        sleeves = result.sleeves.copy()
        sleeves[3, -1] = sleeves[:, -1].sum() * 4
        return replace(result, sleeves=sleeves, equity=sleeves.sum(axis=0))

    _, page = page_of(plan(), lake, tmp_path, one_wins)
    assert page.index("One sleeve of 10 is") < page.index("Final equity")
    assert "of the final equity: SYN004." in page
    _, page = page_of(plan(), lake, tmp_path)
    assert "One sleeve of" not in page


def test_a_sleeve_alone_is_no_concentration(tmp_path):
    lake = Lake(tmp_path / "lake")
    put_synthetic(lake, instruments=1)
    request = parse_request({"strategy": "sma-cross", "universe": "synthetic"})
    _, page = page_of(make_plan(request, lake=lake, code=CODE), lake, tmp_path / "shards")
    assert "One sleeve of" not in page


def test_long_spans_and_great_rises_have_a_log_axis(plan, lake, tmp_path):
    result, page = page_of(plan(), lake, tmp_path)
    assert not is_long(result)
    assert "log scale" not in page
    grown = result.equity * np.geomspace(1, 4.5, len(result.equity))
    assert is_long(replace(result, equity=grown))
    years = result.session[0] + np.linspace(0, 5.1 * 366, len(result.session)).astype(int)
    assert is_long(replace(result, session=years))
    _, page = page_of(plan(), lake, tmp_path, lambda found: replace(found, equity=grown))
    assert "log scale" in page


@given(st.floats(1e-3, 1e9), st.floats(1.0, 1e6))
def test_log_marks_span_the_values_and_are_few(low, ratio):
    high = low * ratio
    marks = log_ticks(low, high)
    assert marks[0] <= low * (1 + 1e-9)
    assert marks == sorted(marks)
    assert 1 <= len(marks) <= 8


def test_on_a_log_axis_equal_ratios_are_equally_far_apart():
    y = Scale(1.0, 100.0, 0.0, 10.0, log=True)
    assert [y(1.0), y(10.0), y(100.0)] == [0.0, 5.0, 10.0]


def test_months_and_years_compound_to_the_whole(plan, lake, tmp_path):
    result, page = page_of(plan(), lake, tmp_path)
    rows = year_rows(result)
    assert [row.year for row in rows] == [2018, 2019]
    for row in rows:
        months = np.array([one for one in row.months if one is not None])
        assert np.prod(1 + months) == pytest.approx(1 + row.total)
    assert np.prod([1 + row.total for row in rows]) == pytest.approx(
        result.equity[-1] / result.equity[0]
    )
    assert np.prod([1 + row.baseline for row in rows]) == pytest.approx(
        result.baseline[-1] / result.baseline[0]
    )
    assert points(rows[0].months[5]) in page


def test_exposure_and_turnover_of_buy_and_hold_are_what_they_are(plan, lake, tmp_path):
    result, page = page_of(plan(strategy="buy-and-hold"), lake, tmp_path)
    found = activity(result)
    # All but the session of the first decision; bought once in two years, never sold.
    assert found["exposure"] == pytest.approx(1.0, abs=0.01)
    bought = sum(one["units"] * one["entry_price"] for one in result.trades.to_pylist())
    assert found["turnover"] == pytest.approx(bought / result.equity.mean() / 2, rel=0.01)
    assert "Exposure" in page
    assert "@media (max-width: 640px)" in page
    assert page.count('<div class="chart narrow"><svg viewBox="0 0 400') == 2
