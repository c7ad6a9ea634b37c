"""What our messages tell people to type is there, and does what the message says it does."""

import re
import shlex

import click
import pytest

from cluster.cli.main import main, trii
from cluster.settings import Settings
from tests.cluster.cli.test_lazy import walk
from tests.cluster.cli.test_pages import command_of
from tests.messages import COMMAND, HOLE, messages

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
VARIABLE = re.compile(r"\bTRII_[A-Z][A-Z_]*[A-Z]\b")
PROSE = re.compile(r"[a-z,:;] +[a-z-]")
# Of `python -m jobs.NAME`, of `ray up` and `ray start`.
OTHERS = {"--id", "--local", "--behind", "--help", "--no-restart", "--redis-password"}
VALUES = {"--role": "viewer", "--env": "dev"}  # what may stand in a hole; elsewhere a name


def named():
    """Each command that a message has between backticks, and where."""
    return [(command, one.place) for one in messages() for command in COMMAND.findall(one.text)]


def filled(command):
    """The words of a command, its holes filled."""
    words = shlex.split(command)[1:]
    return [
        VALUES.get(before, "something") if HOLE.match(word) else word
        for before, word in zip(["", *words], words, strict=False)
    ]


def test_every_command_that_a_message_names_is_taken_as_it_stands():
    assert len({command for command, _ in named()}) > 15
    for told, place in named():
        words = filled(told)
        command, rest = command_of(words)
        if isinstance(command, click.Group):
            assert rest == [], place
            continue
        try:
            with command.make_context(words[0], rest):
                pass
        except click.ClickException as exc:
            pytest.fail(f"{place}: {told}: {exc.format_message()}")


def test_every_variable_that_a_message_names_is_one_that_is_read():
    known = {f"TRII_{name.upper()}" for name in Settings.model_fields}
    known |= {"TRII_API_URL", "TRII_TOKEN"}  # a platform elsewhere, read before there are settings
    told = {
        (variable, one.place)
        for one in messages()
        if PROSE.search(one.text)
        for variable in VARIABLE.findall(one.text)
    }
    assert len(told) > 10
    assert {(variable, place) for variable, place in told if variable not in known} == set()


def test_every_option_that_a_message_names_is_one_of_a_command():
    known = {
        name
        for _, command, _ in walk(trii)
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    told = {
        (option, one.place)
        for one in messages()
        if PROSE.search(one.text)
        for option in OPTION.findall(one.text)
    }
    assert len(told) > 20
    assert [place for option, place in sorted(told) if option not in known | OTHERS] == []


# What only looks is run here, on a home without a platform and without a lake; every command that
# prints a document is run on a platform by tests/end_to_end/test_documents.py.
ALONE = {
    "trii status": (1, "start one with `trii up`"),
    "trii indicators": (0, "rsi:14"),
    "trii data symbols": (0, "instrument_id"),
    "trii data quarantine list": (0, "reason"),
}


@pytest.mark.parametrize("told", ALONE)
def test_what_a_message_tells_to_look_at_is_shown(told, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(told)[1:])
    out, err = capsys.readouterr()
    code, shown = ALONE[told]
    assert (ended.value.code, err, shown in out) == (code, "", True), out
