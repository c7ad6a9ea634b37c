"""The report of an ingest is read back as it was written."""

from datetime import date

from cluster.notices.ingests import refusals
from jobs.ingest.report import IngestReport, TimeframeReport, describe

DAY = date(2026, 1, 5)


def report(*refused):
    frames = tuple(TimeframeReport("1Day", DAY, DAY, 5, 0, 0, one, 0.1) for one in refused)
    return describe(IngestReport("mine", "bars=1", 3, frames, actions=0, seconds=0.2))


def test_rows_in_quarantine_are_found_by_reason_across_timeframes():
    log = f"loading\n{report({'price: 0': 1234, 'twice': 1}, {'twice': 2})}\nbye"
    assert refusals(log) == {"price: 0": 1234, "twice": 3}


def test_a_log_without_refused_rows_has_none():
    assert refusals(report({}) + "\nerror: refused 3: not in a report") == {}
    assert refusals("") == {}


def test_a_log_that_only_looks_like_a_report_stops_nobody():
    assert refusals("  refused ,: x\n  refused 1,0: zero\0byte\n") == {"zerobyte": 10}
