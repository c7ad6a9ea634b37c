"""A simulated day as a picture: the nodes of each pool over the hours, and what waited for one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from cluster.drawing.scale import Scale, ticks
from cluster.fleet.pools import POOLS
from cluster.fleet.simulate.result import Day, Sample

_WIDTH, _HEIGHT = 960.0, 520.0
_LEFT, _RIGHT = 64.0, 16.0
_NODES, _WAITS = (56.0, 330.0), (376.0, 484.0)  # top and bottom of the two panels
_HOUR_S: Final = 3600.0
_EVERY_H: Final = 3
_STYLE: Final = """
svg { font: 12px system-ui, sans-serif; background: #fff; }
text { fill: #5b6878; } .title { fill: #16202c; font-size: 14px; } .value { text-anchor: end; }
.time { text-anchor: middle; } .grid { stroke: #e3e7ec; }
polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.serve { stroke: #1f63d6; } .batch { stroke: #2b8a57; } .gpu { stroke: #b5540c; }
.gpu-spot { stroke: #8a3fb0; } .waiting { stroke: #c4383a; }
@media (prefers-color-scheme: dark) {
  svg { background: #1a212b; } text { fill: #97a4b4; } .title { fill: #e7ecf2; }
  .grid { stroke: #2b3541; }
}
"""
Reads = Callable[[Sample], float]


def picture(day: Day, *, until: float, title: str) -> str:
    """An SVG of the samples from midnight to `until` in seconds, which is complete in itself."""
    pools = [name for name in POOLS if any(name in sample.running for sample in day.samples)]
    x = Scale(0.0, until, _LEFT, _WIDTH - _RIGHT)
    nodes = {name: _count(name) for name in pools}
    parts = [
        Markup('<text class="title" x="16" y="24">{}</text>').format(title),
        *_legend([*pools, "waiting"]),
        *_hours(x, until),
        *_panel(day.samples, nodes, x, _NODES, "nodes that run"),
        *_panel(day.samples, {"waiting": _waiting}, x, _WAITS, "pieces of work that wait"),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img">'
        f"<style>{_STYLE}</style>\n"
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def _count(pool: str) -> Reads:
    return lambda sample: sample.running.get(pool, 0)


def _waiting(sample: Sample) -> float:
    return sample.waiting


def _panel(
    samples: Sequence[Sample],
    lines: dict[str, Reads],
    x: Scale,
    place: tuple[float, float],
    name: str,
) -> Iterator[Markup]:
    """One plot with its marks: each number holds until the next sample."""
    top, bottom = place
    most = max((read(sample) for read in lines.values() for sample in samples), default=0.0)
    marks = [mark for mark in ticks(0.0, max(1.0, most), 4) if mark == int(mark)]
    y = Scale(0.0, max(marks[-1], most, 1.0), bottom, top)
    yield Markup('<text x="{:.0f}" y="{:.0f}">{}</text>').format(_LEFT, top - 8, name)
    for mark in marks:
        yield Markup(
            '<line class="grid" x1="{:.0f}" x2="{:.0f}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text class="value" x="{:.0f}" y="{:.1f}">{:,.0f}</text>'
        ).format(_LEFT, _WIDTH - _RIGHT, y(mark), y(mark), _LEFT - 8, y(mark) + 4, mark)
    for css, read in lines.items():
        points = _steps([(x(sample.at), y(read(sample))) for sample in samples], end=x.end)
        text = " ".join(f"{right:.1f},{down:.1f}" for right, down in points)
        yield Markup('<polyline class="{}" points="{}"><title>{}</title></polyline>').format(
            css, text, css
        )


def _steps(places: Sequence[tuple[float, float]], *, end: float) -> Iterator[tuple[float, float]]:
    """Corners of a line that changes its height at each sample, without those between equal ones."""
    yield from places[:1]
    for (_, before), (right, after) in pairwise(places):
        if before != after:
            yield right, before
            yield right, after
    # Nothing changed behind the last one.
    yield from ((end, down) for _, down in places[-1:])


def _hours(x: Scale, until: float) -> Iterator[Markup]:
    for hour in range(0, int(until / _HOUR_S) + 1, _EVERY_H):
        yield Markup('<text class="time" x="{:.1f}" y="{:.0f}">{:02}:00</text>').format(
            x(hour * _HOUR_S), _HEIGHT - 12, hour
        )


def _legend(names: Iterable[str]) -> Iterator[Markup]:
    for place, name in enumerate(names):
        right = _WIDTH - _RIGHT - 110.0 * (5 - place)
        yield Markup(
            '<polyline class="{}" points="{:.0f},20 {:.0f},20"/><text x="{:.0f}" y="24">{}</text>'
        ).format(name, right, right + 22, right + 28, name)
