"""What a chart says under the pointer: a date and its values, shown by the style sheet alone."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from cluster.drawing.scale import Scale
from jobs.backtest.lines import Line
from market.arrays import Days

_BAND = 2.0  # units of width, about what a pointer can tell apart
STYLE = Markup(
    ".hover g:hover{visibility:visible}.hover path{fill:currentColor;opacity:.35}"
    ".hover text{text-anchor:end;fill:currentColor;font-variant-numeric:tabular-nums}"
)
"""The rules that show it. Without them it stays unseen."""


def hover(
    session: Days,
    lines: Sequence[Line],
    x: Scale,
    *,
    told: Callable[[float], str],
    top: float,
    bottom: float,
) -> Markup:
    """Bands over the chart, each with a line of text above it that is seen while the pointer is in it.

    A band tells of its middle session; each session has its own where they are few enough.
    """
    bands = min(len(session), int((x.end - x.start) / _BAND))
    edges = np.linspace(0, len(session), bands + 1).astype(int).tolist()
    parts = [
        _band(x, first, last, bottom - top)
        + Markup("<text>{}</text></g>").format(_text(session, lines, (first + last) // 2, told))
        for first, last in pairwise(edges)
    ]
    head = Markup(
        '<g class="hover" visibility="hidden" pointer-events="all" transform="translate({:.0f} {:.0f})">'
    )
    return head.format(x.end, top - 8) + Markup("").join(parts) + Markup("</g>")


def _band(x: Scale, first: int, last: int, height: float) -> Markup:
    """From half a session before the first to half of one before the one after the last."""
    left, right = (min(max(x(at - 0.5), x.start), x.end) for at in (first, last))
    return Markup('<g><path d="M{:.1f} 8h{:.1f}v{:.0f}h-{:.1f}z"/>').format(
        left - x.end, right - left, height, right - left
    )


def _text(session: Days, lines: Sequence[Line], at: int, told: Callable[[float], str]) -> str:
    values = (f"{line.name.partition(':')[0]} {told(float(line.values[at]))}" for line in lines)
    return " \N{MIDDLE DOT} ".join([str(session[at]), *reversed([*values])])
