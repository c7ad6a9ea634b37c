"""The report stands alone, escapes what it shows, and its charts keep what matters."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobs.backtest.charts import Line, line_chart, thin, ticks, year_marks
from jobs.backtest.files import manifest
from jobs.backtest.gather import gather
from jobs.backtest.report import number, percent, render_report, short_money
from jobs.backtest.shard import describe, run_shard


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
    kept = thin(values)
    assert len(kept) < 1_000
    assert {0, 19_999, int(values.argmin()), int(values.argmax())} <= set(kept)


def test_years_are_marked_where_they_begin():
    session = days(1_200)
    assert [(str(session[k]), text) for k, text in year_marks(session)] == [
        ("2021-01-01", "2021"),
        ("2022-01-01", "2022"),
        ("2023-01-01", "2023"),
    ]
    assert year_marks(days(3)) == []


def test_a_chart_escapes_its_texts_and_stays_inside_its_frame():
    line = Line("<b>", np.array([1.0, 3.0, 2.0]), "strategy", fill=True)
    svg = line_chart(days(3), [line], label=str, title='a"<', width=200, height=100)
    assert "<b>" not in svg
    assert 'aria-label="a&#34;&lt;"' in svg
    points = re.search(r'<polyline class="strategy" points="([^"]+)"', svg)[1]
    for point in points.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 200
        assert 0 <= y <= 100


def test_a_flat_line_of_two_sessions_is_drawn():
    assert "polyline" in line_chart(days(2), [Line("x", np.ones(2), "s")], label=str, title="t")


def test_undefined_figures_are_a_dash_and_signs_are_minus_signs():
    assert (percent(None), number(None)) == ("\N{EN DASH}", "\N{EN DASH}")
    assert percent(-0.1234) == "\N{MINUS SIGN}12.34 %"
    assert [short_money(v) for v in (950_000, 1_250_000, 12)] == ["950k", "1.25M", "12"]


def test_a_report_asks_nothing_of_the_network(plan, lake, tmp_path):
    chosen = plan(universe="sample")
    descriptors = describe(chosen, lake=lake, folder=tmp_path)
    for one in descriptors:
        run_shard(one)
    result = gather(chosen, descriptors)
    facts = manifest(chosen, run_id="bt-1", created_at="<script>", shards=1)
    page = render_report(chosen, result, manifest=facts)
    assert not re.search(r"https?://|<link|<script|src=", page)
    assert "mode total-return" in page
    assert "Survivors only" in page
    assert chosen.definition in page
