"""`trii backtest init`: a strategy file to begin with, that runs as it is."""

import re
import shlex
from pathlib import Path

import click

from cluster.errors import BadInput
from cluster.own_code.files import Code

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_TEMPLATE = '''"""{title}: say here what the idea is, and why it should work."""

import numpy as np

from market.arrays import Floats
from market.strategies import Float, Int, Strategy


class {kind}(Strategy):
    """Long while the close is above its mean of `window` sessions by `margin` percent, else in cash."""

    # Runs of one family are judged together: the more are tried, the more the best must show.
    name = "{name}"

    # Parameters: a default, and the range that is allowed. `--param window=50` chooses another value.
    window, margin = Int(100, 10, 250), Float(0.0, 0.0, 10.0)

    # What the rule reads at each close, in this order: fields of bars and indicators, by name
    # (`trii indicators` lists them). Parameters stand in braces; `@1` behind a name is the bar before.
    inputs = "close", "sma:{{window}}"

    def target(self, x: Floats) -> Floats:
        """The share of equity to hold from the next bar on, from 0 (cash) to 1 (all of it)."""
        close, mean = x
        # For each bar by itself: other bars can't be read here, so the future can't either.
        return np.where(close > mean * (1.0 + self.margin / 100.0), 1.0, 0.0)


# trii leak-check {strategy}
# trii backtest run --strategy {strategy} --universe synthetic
# trii backtest trials --family {name}
'''


@click.command()
@click.argument("name", metavar="NAME")
def init(*, name: str) -> None:
    """Write NAME.py, a commented strategy that runs as it is. A file that is there stays."""
    path = Path(name if name.endswith(".py") else f"{name}.py")
    if not _NAME.fullmatch(path.stem):
        raise BadInput(f"{path}: expected a name of letters, digits, - and _, such as my_idea")
    # A name that would hide an installed module is refused now, not when it is to run.
    Code(path.parent.resolve(), (path.name,), "").require_shippable()
    words = re.split(r"[-_]+", path.stem.strip("-_"))
    kind = "".join(word[:1].upper() + word[1:] for word in words)
    text = _TEMPLATE.format(
        title=" ".join(words).capitalize(),
        kind=kind,
        name="-".join(words).lower(),
        strategy=shlex.quote(f"{path}:{kind}"),
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise BadInput(f"{path} is there already: choose another name") from exc
    except OSError as exc:
        raise BadInput(f"{path} can't be written: {exc.strerror}") from exc
    strategy = shlex.quote(f"{path}:{kind}")
    click.echo(f"{path}\ntrii backtest run --strategy {strategy} --universe synthetic")
