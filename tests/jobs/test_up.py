"""The steps of `trii up` that fill the platform say what they left out."""

from types import SimpleNamespace

import pytest

from cluster.errors import PlatformError
from jobs import up


@pytest.mark.parametrize(
    ("refused", "news"),
    [
        (0, "1,000 new bars in 2 datasets"),
        (3, "1,000 new bars in 2 datasets; 6 refused, see `trii data ingest`"),
    ],
)
def test_refused_bars_are_told(monkeypatch, refused, news):
    report = SimpleNamespace(timeframes=[SimpleNamespace(written=500)], refused=refused)
    monkeypatch.setattr(up, "ingest", lambda *_, **__: report)
    assert up.load_data(None, print) == news


def test_a_job_tells_what_it_waits_for_before_it_writes_a_line(monkeypatch):
    news = []

    def follow(_settings, _job_id, *, on_log, on_change):
        for state, reason in (("queued", "waits for 2 CPUs"), ("submitting", ""), ("running", "")):
            on_change(SimpleNamespace(id="sweep-1", state=state, reason=reason))
        on_log("trained 1 of 12")
        return SimpleNamespace(id="sweep-1", state="failed", reason="killed")

    monkeypatch.setattr(up, "follow", follow)
    monkeypatch.setattr(up.queue, "list_jobs", lambda *_, **__: [])
    monkeypatch.setattr(up.queue, "submit", lambda *_, **__: SimpleNamespace(id="sweep-1"))
    with pytest.raises(PlatformError, match="job sweep-1 failed: trained 1 of 12"):
        up._run(None, "jobs.sweep", (), news.append)
    assert news == [
        "job sweep-1 is queued: waits for 2 CPUs",
        "job sweep-1 is submitting",
        "job sweep-1 is running: waiting until its process is up",
        "trained 1 of 12",
    ]
