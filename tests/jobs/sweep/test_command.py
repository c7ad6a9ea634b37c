"""The sweep job says in one line what became of its candidate, and fails in one line too."""

import orjson
import pytest

from jobs.sweep import __main__ as sweep
from market.inference import MeanInterval
from training.gates import Condition, GateReport
from training.promote import PromotionReport

GATES = GateReport(
    "accuracy",
    0.5,
    MeanInterval(0.03, 0.02, 0.04, 0.95, 4500, 63),
    (Condition("validation accuracy", 0.68, "above", 0.7),),
)
REPORT = PromotionReport("volatility-regime", "2", False, "1", "too weak", GATES)


def test_the_last_line_is_the_outcome(monkeypatch, capsys):
    monkeypatch.setattr(sweep, "load_settings", lambda: None)
    monkeypatch.setattr(sweep, "run", lambda *_, say: say("sweeping") or REPORT)
    assert sweep.main([]) == 0
    out, err = capsys.readouterr()
    assert out == "volatility-regime version 2: kept version 1, not promoted: too weak\n"
    assert "sweeping" in err


def test_json_is_one_document_with_every_verdict(monkeypatch, capsys):
    monkeypatch.setattr(sweep, "load_settings", lambda: None)
    monkeypatch.setattr(sweep, "run", lambda *_, **__: REPORT)
    assert sweep.main(["--json"]) == 0
    document = orjson.loads(capsys.readouterr().out)
    assert document["promoted"] is False
    assert document["gates"]["conditions"][0]["holds"] is False


def test_a_home_without_data_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert sweep.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "trii data ingest" in err


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--space={}", "space: empty"),
        ("--space={rate: 1}", "space: unknown rate"),
        ("--trials=0", "trials: "),
        ("--budget-s=soon", "budget_s: "),
        ("--model=prophet", "expected volatility-regime"),
    ],
)
def test_bad_input_is_one_line_by_its_place(monkeypatch, capsys, tmp_path, option, says):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert sweep.main([option]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


def test_an_unknown_option_is_bad_input(capsys):
    assert sweep.main(["--nope"]) == 2
    assert "unrecognized arguments: --nope" in capsys.readouterr().err
