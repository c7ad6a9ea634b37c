"""Tables of commands: what they list is what is there, and listing loads none of it."""

import subprocess
import sys

import click
import pytest

from cluster.cli.lazy import LazyGroup
from cluster.cli.main import main, trii

HEAVY = {
    "pydantic",
    "rich",
    "httpx",
    "psycopg",
    "procrastinate",
    "pandas",
    "numpy",
    "ray",
    "mlflow",
}


def walk(group, words=()):
    """Every command below a group: the words that call it, and what its group's table says."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        entry = group.table[name] if isinstance(group, LazyGroup) else None
        yield " ".join((*words, name)), command, entry
        if isinstance(command, click.Group):
            yield from walk(command, (*words, name))


@pytest.fixture(scope="module")
def commands():
    return list(walk(trii))


@pytest.fixture(scope="module")
def listed(commands):
    return [row for row in commands if row[2]]


def test_every_entry_is_a_command_of_that_name(commands):
    named = {words: command.name for words, command, _ in commands}
    assert named == {words: words.split()[-1] for words in named}


def test_a_table_says_of_a_command_what_its_own_help_says_first(listed):
    told = {words: entry.help for words, _, entry in listed}
    assert told == {words: command.get_short_help_str(limit=1000) for words, command, _ in listed}


def test_every_option_says_what_it_is_for(listed):
    options = [
        (f"{words} {parameter.opts[0]}", parameter.help)
        for words, command, _ in listed
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    assert [option for option, text in options if not text] == []


def test_help_of_every_group_and_command_is_printed(commands, capsys):
    for words, _, _ in commands:
        with pytest.raises(SystemExit) as ended:
            main([*words.split(), "--help"])
        out, err = capsys.readouterr()
        assert (ended.value.code, err) == (0, ""), words
        assert out.startswith("Usage: "), words


def test_every_group_called_alone_prints_its_help_as_it_is(commands, capsys):
    for words, command, _ in commands:
        # A group that does something of its own, such as listing, does that.
        if isinstance(command, click.Group) and not command.invoke_without_command:
            with pytest.raises(SystemExit) as ended:
                main(words.split())
            out, err = capsys.readouterr()
            assert (ended.value.code, out) == (2, ""), words
            assert err.startswith("Usage: "), words
            assert len(err.splitlines()) > 5, words


def test_listing_a_groups_commands_loads_none_of_them(commands):
    groups = [entry.target for _, command, entry in commands if isinstance(command, LazyGroup)]
    modules = {target.partition(":")[0] for target in groups}
    assert len(modules) >= 4
    code = f"import sys, {', '.join(modules)}; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SECONDS = {"ray", "torch", "mlflow", "pandas", "numba", "scipy", "pyarrow", "deltalake"}
LOOKING = [
    *(f"cluster.laptop.cli.{name}" for name in ("up", "down", "status", "doctor", "env", "token")),
    *(f"cluster.registry.cli.{name}" for name in ("list", "show")),
    *(f"cluster.queue.cli.{name}" for name in ("list", "show", "top")),
    *(f"jobs.backtest.cli.{name}" for name in ("list", "show", "trials")),
]


def test_commands_that_only_look_load_nothing_that_takes_seconds():
    code = (
        f"import sys\nfor name in {LOOKING}:\n"
        f"    __import__(name)\n    print(name, {SECONDS} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{name} set()" for name in LOOKING]
