import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.queue.progress import JobProgress, last, parse, readable, report

T = datetime(2026, 1, 5, tzinfo=UTC)


@given(st.floats(0, 1e9), st.none() | st.floats(0, 1e9), st.text(max_size=20), st.text(max_size=20))
def test_what_a_job_reports_is_what_is_read(done, total, unit, doing):
    import io
    from contextlib import redirect_stdout

    with redirect_stdout(io.StringIO()) as output:
        report(done, total, unit, doing=doing)
    line, rest = output.getvalue().split("\n")
    assert (parse(line), rest) == (JobProgress(done, total, unit, doing), "")
    assert last(f"before\n{line}\n") == JobProgress(done, total, unit, doing)


@pytest.mark.parametrize(
    "line",
    [
        "", "progress: ", "progress: {}", "progress: [1]", 'progress: {"done": "x"}',
        'progress: {"done": 1', "in progress: {}", 'progress: {"done": null}', "progress 1 of 2",
    ],
)  # fmt: skip
def test_any_other_line_is_none(line):
    assert parse(line) is None


def test_the_last_line_counts_and_gives_the_time_of_the_end():
    log = 'x\nprogress: {"done": 1, "total": 8}\nprogress: {"done": 2, "total": 8}\nbye\n'
    told = last(log)
    assert told == JobProgress(2, 8)
    assert told.share == 0.25
    assert told.eta(started=T, now=T + timedelta(minutes=1)) == T + timedelta(minutes=4)


def test_nothing_done_or_no_total_gives_no_time():
    assert JobProgress(0, 8).eta(started=T, now=T) is None
    assert JobProgress(3).eta(started=T, now=T) is None
    assert JobProgress(3).share is None


def test_a_job_whose_output_is_a_document_reports_beside_it(capsys):
    report(3, 9, "files", stream=sys.stderr)
    out, err = capsys.readouterr()
    assert (out, last(err)) == ("", JobProgress(3, 9, "files"))


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ('progress: {"done": 3, "total": 9, "unit": "files"}', "3 of 9 files"),
        ('progress: {"done": 2.5, "total": null, "unit": ""}', "2.5"),
        (
            'progress: {"done": 0, "total": 4, "unit": "shards", "doing": "2 running"}',
            "0 of 4 shards: 2 running",
        ),
        ("progress: {}", "progress: {}"),
        ("as it is", "as it is"),
    ],
)
def test_people_read_progress_in_words(line, read):
    assert readable(line) == read


@pytest.mark.parametrize(
    "line",
    [
        'progress: {"done": "nan", "total": 9}', 'progress: {"done": 5, "total": "inf"}',
        'progress: {"done": "-Infinity"}',
    ],
)  # fmt: skip
def test_what_is_no_number_is_no_progress(line):
    assert parse(line) is None


@pytest.mark.parametrize(("done", "total"), [(1e-300, 9.0), (1e308, 1e-308), (1.0, 1e308)])
def test_no_progress_is_too_odd_for_a_time(done, total):
    for hours in (-1, 0, 1):
        found = JobProgress(done, total).eta(started=T, now=T + timedelta(hours=hours))
        assert T - timedelta(hours=1) <= found <= T + timedelta(days=3651)
