"""The steps of `trii up` that fill the platform say what they left out."""

from types import SimpleNamespace

import pytest

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
