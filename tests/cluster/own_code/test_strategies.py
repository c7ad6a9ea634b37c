"""A strategy of one's own is found by file or module, and what can't be used is refused in words."""

import hashlib
import sys

import pytest

from cluster.errors import BadInput
from cluster.own_code.files import code_of
from cluster.own_code.strategies import choose, make
from market.strategies import find_strategy

OWN = """
import numpy as np
from market.strategies import Float, Strategy

class Calm(Strategy):
    '''Long above the mean.'''
    width = Float(1.0, 0.5, 2.0)
    inputs = "close", "sma:20"

    def target(self, x):
        return np.where(x[0] > self.width * x[1], 1.0, 0.0)
"""
RULE = "    def target(self, x):\n        return x[0] * 0\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A user's folder as the current directory; `here(name, text)` writes a file."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def put(name, text=OWN):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    yield put
    for name in set(sys.modules) - before:
        del sys.modules[name]


def own_class(body="", base="Strategy", name="Mine"):
    return f"from market.strategies import *\nclass {name}({base}):\n    pass\n{body}"


def test_a_file_and_a_module_give_the_same_class_with_the_hash_of_its_file(here):
    path = here("ideas.py")
    by_file, by_module = choose("ideas.py:Calm"), choose("ideas:Calm")
    assert (by_file.name, by_module.name) == ("ideas.py:Calm", "ideas:Calm")
    assert by_file.strategy.name == by_module.strategy.name == "calm"
    assert by_file.code.sha256 == by_module.code.sha256 == hashlib.sha256(OWN.encode()).hexdigest()
    assert choose(str(path)).name == "ideas.py:Calm"
    assert make("ideas.py:Calm", {"width": 1.5}).values == {"width": 1.5}


def test_a_shipped_name_stays_what_it_was(here):
    here("sma-cross.py")
    assert choose("sma-cross").strategy is find_strategy("sma-cross")
    assert choose("sma-cross").code is None


@pytest.mark.parametrize(
    "name",
    ["my ideas.py", "deep/er/ideas.py", "naïve-ideas.v2.py", "~nobody-of-this-name/ideas.py"],
)
def test_a_file_may_lie_elsewhere_and_be_called_as_people_call_files(here, name):
    here(name)
    assert choose(f"{name}:Calm").name == f"{name.rpartition('/')[2]}:Calm"


def test_an_edited_file_is_another_idea_in_the_same_process(here):
    here("ideas.py")
    before = choose("ideas.py:Calm")
    here("ideas.py", OWN.replace("1.0, 0.0)", "0.0, 1.0)"))
    after = choose("ideas.py:Calm")
    assert before.code.sha256 != after.code.sha256
    assert before.strategy is not after.strategy
    here("ideas.py")
    assert choose("ideas.py:Calm").strategy is before.strategy


def test_an_edited_neighbour_changes_the_idea_too(here):
    here("helper.py", "SHARE = 0.25\n")
    here("unrelated.py", "1 / 0\n")
    here("ideas.py", OWN.replace("import numpy", "from helper import SHARE\nimport numpy"))
    before = choose("ideas.py:Calm")
    assert before.code.names == ("ideas.py", "helper.py")
    here("helper.py", "SHARE = 0.75\n")
    after = choose("ideas.py:Calm")
    assert before.code.sha256 != after.code.sha256
    module = sys.modules[after.strategy.__module__]
    assert module.SHARE == 0.75


def test_a_package_goes_whole_and_what_is_imported_late_goes_too(here):
    here("pack/__init__.py", "")
    here("pack/one.py", "def late():\n    import helper\n    return helper\n")
    here("pack/deep/ideas.py", OWN)
    here("pack/deep/__init__.py", "")
    path = here("helper.py", "import pack, json, numpy, market\n")
    names = ("pack/deep/ideas.py", "helper.py", "pack/__init__.py", "pack/deep/__init__.py",
             "pack/one.py")  # fmt: skip
    assert choose("pack.deep.ideas:Calm").code.names == names
    assert code_of(path, path.parent).names[0] == "helper.py"


def test_without_a_class_the_only_one_is_meant(here):
    here("ideas.py", "from market.strategies.library.sma_cross import SmaCross\n" + OWN)
    assert choose("ideas.py").name == "ideas.py:Calm"


TWO = OWN + own_class(RULE, name="Other")


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (OWN, "ideas.py:Clam", "did you mean Calm?"),
        (OWN, "ideas.py:Zzzzzz", "it defines Calm"),
        (OWN, "idaes.py:Calm", "did you mean ideas.py?"),
        (OWN, "absent:Calm", "module absent not found"),
        (OWN, "ideas.py:np", "is no strategy"),
        (OWN, "ideas.py:Strategy", "is no strategy"),
        (OWN, "ideas.py:Calm Trend", "expected FILE.py:NAME or MODULE:NAME"),
        (OWN, "ide as:Calm", "expected FILE.py:NAME or MODULE:NAME"),
        (TWO, "ideas.py", "it defines Calm, Other: say which, as ideas.py:NAME"),
        ("x = 1\n", "ideas.py", "it defines no strategy"),
        ("x = (\n", "ideas.py:Calm", "SyntaxError"),
        ("1 / 0\n", "ideas.py:Calm", "fails on import: ZeroDivisionError"),
        ("raise SystemExit(3)\n", "ideas.py:Calm", "fails on import: SystemExit"),
        ("import nobody_has_it\n", "ideas.py:Calm", "needs nobody_has_it, which is not installed"),
        (own_class(), "ideas.py", "expected one of target, step or weights, found none"),
        (OWN.replace("sma:20", "SAM:20"), "ideas.py", "unknown indicator"),
        (OWN.replace('"sma:20"', '"sma:{fast}"'), "ideas.py", "expected in braces one of"),
        (OWN.replace("1.0, 0.5, 2.0", "9.0, 0.5, 2.0"), "ideas.py", "width"),
        (
            OWN.replace("    inputs", "    name = 'My Idea'\n    inputs"),
            "ideas.py",
            "small letters",
        ),
        (OWN + "\n    def __init__(self, a, b): pass\n", "ideas.py", "can't be made: TypeError"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_at_the_strategy(here, text, name, words):
    here("ideas.py", text)
    with pytest.raises(BadInput) as info:
        choose(name)
    assert words in str(info.value)
    assert "\n" not in str(info.value)
    assert [fault.loc for fault in info.value.faults] == ["strategy"]


@pytest.mark.parametrize("name", ["json.py", "market.py", "numpy.py"])
def test_a_file_that_would_hide_a_module_of_its_job_is_not_shipped(here, name):
    here(name)
    code = choose(f"{name}:Calm").code
    with pytest.raises(BadInput, match="name of an installed module, which it would hide; rename"):
        code.require_shippable()


def test_a_file_of_a_name_of_its_own_is_shipped(here):
    here("ideas.py")
    choose("ideas.py").code.require_shippable()
