"""Line charts as inline SVG: small, crisp at any size, coloured by the page's style sheet."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from cluster.drawing.scale import Scale, log_ticks, ticks
from jobs.backtest.hover import hover
from jobs.backtest.lines import Line
from market.arrays import Days, Floats, from_day

_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 16.0, 26.0, 26.0
_BUCKET = 2.0  # units of width, of which a line keeps the lowest and the highest value
_NAME = 120.0  # units of width that the name of a year takes with the space around it


def line_chart(
    session: Days,
    lines: Sequence[Line],
    *,
    label: Callable[[float], str],
    told: Callable[[float], str],
    title: str,
    width: float,
    height: float,
    log: bool = False,
) -> Markup:
    """An `<svg>` of the lines over time, with a grid, value labels and years below.

    Marks are written by `label`, values under the pointer by `told`. With `log` values must be above 0.
    """
    low = min(float(line.values.min()) for line in lines)
    high = max(float(line.values.max()) for line in lines)
    marks = log_ticks(low, high) if log else ticks(low, high)
    y = Scale(min(low, marks[0]), max(high, marks[-1]), height - _BOTTOM, _TOP, log)
    x = Scale(0, max(len(session) - 1, 1), _LEFT, width - _RIGHT)
    parts = [
        *(_grid(y(mark), label(mark), width) for mark in marks),
        *(_year(x(at), text, height) for at, text in year_marks(session, int(width / _NAME))),
        *(_path(line, x, y, buckets=int(width / _BUCKET)) for line in lines),
        hover(session, lines, x, told=told, top=_TOP, bottom=height - _BOTTOM),
    ]
    head = Markup('<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">').format(
        width, height, title
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def thin(values: Floats, buckets: int) -> list[int]:
    """Positions that keep the picture: first, last, and each bucket's lowest and highest."""
    n = len(values)
    if n <= 2 * buckets:
        return list(range(n))
    kept = {0, n - 1}
    edges = np.linspace(0, n, buckets + 1).astype(int)
    for first, last in pairwise(edges.tolist()):
        part = values[first:last]
        kept |= {first + int(part.argmin()), first + int(part.argmax())}
    return sorted(kept)


def year_marks(session: Days, most: int) -> list[tuple[int, str]]:
    """Positions where a year (or every k-th) begins; month and year for a span within two years."""
    days = [from_day(day) for day in session]
    name: Callable[[date], str] = (
        (lambda day: f"{day.year}")
        if days[-1].year - days[0].year > 1
        else (lambda day: f"{day:%b %Y}")
    )
    starts = [k for k in range(1, len(days)) if name(days[k]) != name(days[k - 1])]
    every = math.ceil(len(starts) / most) or 1
    return [(k, name(days[k])) for k in starts[::every]]


def _path(line: Line, x: Scale, y: Scale, *, buckets: int) -> Markup:
    points = [f"{x(k):.1f},{y(float(line.values[k])):.1f}" for k in thin(line.values, buckets)]
    area = Markup("")
    if line.fill:
        top = y(y.high)
        ends = f"{x(x.high):.1f},{top:.1f} {x(x.low):.1f},{top:.1f}"
        area = Markup('<polygon class="{} area" points="{} {}"/>').format(
            line.css, " ".join(points), ends
        )
    stroke = Markup('<polyline class="{}" points="{}"><title>{}</title></polyline>')
    return area + stroke.format(line.css, " ".join(points), line.name)


def _grid(at: float, text: str, width: float) -> Markup:
    return Markup(
        '<line class="grid" x1="{:.0f}" x2="{:.0f}" y1="{:.1f}" y2="{:.1f}"/>'
        '<text class="value" x="{:.0f}" y="{:.1f}">{}</text>'
    ).format(_LEFT, width - _RIGHT, at, at, _LEFT - 8, at + 4, text)


def _year(at: float, text: str, height: float) -> Markup:
    return Markup('<text class="time" x="{:.1f}" y="{:.0f}">{}</text>').format(at, height - 8, text)
