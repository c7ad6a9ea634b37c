"""The words that the queue keeps for a request are what its module reads: one contract a kind."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest

from cluster.queue.rules.kinds import BACKTEST, INGEST, KINDS, SCORE, SWEEP, TRAIN

BODIES = {
    INGEST: {"dataset": "alpaca", "symbols": ["A", "B"], "since": "2026-01-02"},
    BACKTEST: {"strategy": "sma-cross", "universe": "sample", "parameters": {"fast": 10}},
    SWEEP: {},
    TRAIN: {"hidden": [16, 8], "seed": 3, "promote": False},
    SCORE: {"model": "volatility-regime", "symbols": ["AAPL", "^SPX"], "end": "2026-01-02"},
}


class Stopped(Exception):
    """The module has read its words."""


@pytest.fixture
def heard(monkeypatch, tmp_path):
    """Runs a module with words; gives what it would have done its work with."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path))

    def run(module, words):
        program = import_module(f"{module}.__main__")
        got = SimpleNamespace()

        def work(*arguments, **options):
            got.arguments, got.options = arguments, options
            raise Stopped

        monkeypatch.setattr(program, "ingest" if module == "jobs.ingest" else "run", work)
        with pytest.raises(Stopped):
            program.main(list(words))
        return got

    return run


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_module_reads_the_request_that_the_queue_was_given(kind, heard):
    request = kind.model().model_validate_json(json.dumps(BODIES[kind]))
    name = f"{kind.name}-3f9a1c2b7e10-2"
    words = [word.replace("{submission_id}", name) for word in kind.job(request).arguments]
    got = heard(kind.module, words)
    if kind is INGEST:
        fields = {name: got.options[name] for name in ("dataset", "symbols", "since")}
        assert fields == dict(request)
    elif kind is not SWEEP:
        assert got.arguments[1] == request
    assert got.options.get("run_id") == (name if kind.named_by_attempt else None)


def test_every_kind_is_named_as_its_module():
    assert {kind.module for kind in KINDS.values()} == {f"jobs.{k.name}" for k in KINDS.values()}
