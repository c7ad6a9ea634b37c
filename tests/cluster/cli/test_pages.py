"""What README and docs show of `trii` is there: every command, option and value of its own kind."""

import re
import shlex

import click
import pytest

from cluster.cli.main import trii
from tests.pages import PAGES, mentioned, shown

CALLS = re.compile(r"\btrii (?=[a-z])([^|&;)\"']*(?:\"[^\"]*\"|'[^']*'|[^|&;)\"'])*)")


def calls(commands):
    """The words behind each `trii` of these commands, also of those inside of others."""
    return [shlex.split(words) for command in commands for words in CALLS.findall(command)]


def command_of(words):
    """The command that these words call, and the words that are left for it."""
    found, rest, context = trii, list(words), click.Context(trii)
    while isinstance(found, click.Group) and rest and not rest[0].startswith("-"):
        inner = found.get_command(context, rest[0])
        assert inner is not None, f"trii {' '.join(words)}: no command {rest[0]}"
        found, rest = inner, rest[1:]
    return found, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_in_a_block_of_a_page_is_taken_as_it_stands(page):
    for words in calls(shown(page)):
        command, rest = command_of(words)
        assert not isinstance(command, click.Group), words
        with command.make_context(words[0], rest):
            pass


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_in_the_text_of_a_page_has_the_options_that_it_is_shown_with(page):
    for text in mentioned(page):
        for words in calls([text]):
            command, rest = command_of(words)
            known = {name for parameter in command.params for name in parameter.opts}
            known |= {name for one in command.params for name in one.secondary_opts}
            if module := [place for place, word in enumerate(rest) if word.startswith("jobs.")]:
                rest = rest[: module[0]]  # what follows is the module's
            given = {word.partition("=")[0] for word in rest if word.startswith("--")}
            assert given <= known | {"--help"}, text
