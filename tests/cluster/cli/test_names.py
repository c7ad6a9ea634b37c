"""What there is to choose from, by command: strategies and indicators, listed, shown, near names offered."""

import json

import pytest

from cluster.cli.main import main
from market import indicators
from market.strategies import strategy_names

OWN = '''
print("loading")
from market.strategies import Float, Strategy

class Mine(Strategy):
    """Half of equity."""
    share = Float(0.5, 0.1, 0.9)

    def target(self, x):
        import numpy as np
        return np.full(x.shape[1:], self.share)
'''


def trii(capfd, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code, *capfd.readouterr()


def test_every_strategy_is_listed_and_shown_with_its_parameters(capfd):
    code, out, _ = trii(capfd, "strategy", "list", "--json")
    assert code == 0
    assert [one["name"] for one in json.loads(out)] == strategy_names()
    assert len(trii(capfd, "strategy", "list")[1].splitlines()) == 1 + len(strategy_names())
    for name in strategy_names():
        found = json.loads(trii(capfd, "strategy", "show", name, "--json")[1])
        assert (found["name"], bool(found["doc"])) == (name, True)
        code, out, _ = trii(capfd, "strategy", "show", name)
        assert all(one["name"] in out for one in found["parameters"])


def test_a_strategy_of_ones_own_is_shown_and_what_it_prints_stays_out(capfd, tmp_path):
    (tmp_path / "ideas.py").write_text(OWN)
    code, out, err = trii(capfd, "strategy", "show", f"{tmp_path}/ideas.py:Mine", "--json")
    assert (code, err) == (0, "loading\n")
    found = json.loads(out)
    assert (found["name"], found["strategy"], found["inputs"]) == ("mine", "ideas.py:Mine", [])
    (share,) = found["parameters"]
    assert share == {"name": "share", "default": 0.5, "low": 0.1, "high": 0.9, "whole": False}


def test_every_indicator_is_listed_and_shown_with_its_warm_up(capfd):
    code, out, _ = trii(capfd, "indicators", "--json")
    assert code == 0
    assert [one["name"] for one in json.loads(out)] == indicators.names()
    code, out, _ = trii(capfd, "indicators", "show", "bbands:30", "--json")
    found = json.loads(out)
    assert (found["chosen"], found["default"]) == ("bbands:30:2", "bbands:20:2")
    assert (found["columns"], found["warm_up"]) == (["upper", "middle", "lower"], 29)
    code, out, _ = trii(capfd, "indicators", "show", "bbands:30")
    assert "29 bars without a value" in out
    assert "no parameters" in trii(capfd, "indicators", "show", "obv")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["indicators", "show", "SMA:20"], "did you mean 'sma:20'?"),
        (["indicators", "show", "sma:0"], "expected 2 to 1000"),
        (["strategy", "show", "SMA:20"], "did you mean 'sma-cross'?"),
        (["strategy", "show", "bollinger"], "did you mean 'bollinger-reversion'?"),
        (["strategy", "show", "zzzz"], "known are"),
        (["strategy", "pack", "sma-cross"], "what is shipped needs no bundle"),
    ],
)
def test_what_is_unknown_is_one_line_with_what_may_be_meant(capfd, arguments, words):
    code, out, err = trii(capfd, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
