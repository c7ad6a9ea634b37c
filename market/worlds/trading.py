"""Trading: daily bars and minutes of one instrument in raw prices, two views of one walk."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from market.arrays import Days, Floats, Stamps, from_day
from market.bars import PRICES, Bars
from market.synthetic.randomness import Stream, normal, uniforms
from market.worlds.intraday import minute_shares, split_volume
from market.worlds.life import Life
from market.worlds.paths import Paths
from market.worlds.roles import id_of
from market.worlds.walk import WALK, exponential, minute_extremes, session_extremes, walk

_GAP = 0.3  # volatility between two sessions, as a share of the whole day's
_CHUNK = 16  # sessions whose minutes are held at once: they fit a processor's cache
_MINUTE = np.timedelta64(1, "m")


@dataclass(frozen=True, eq=False)
class Trading:
    """Bars of instrument ``index``, whose life is ``life``.

    Rows are those of the world's sessions and lie within the life. ``decimals`` rounds prices; None
    leaves them as they were drawn.
    """

    paths: Paths
    index: int
    life: Life
    decimals: int | None

    @property
    def identity(self) -> str:
        """The instrument's permanent id."""
        return id_of(self.index)

    @property
    def returns(self) -> Floats:
        """Total log returns of the whole life, as drawn."""
        return self.paths.path(self.index).returns[self.life.first : self.life.stop]

    @property
    def closes(self) -> Floats:
        """Raw closes of the whole life: those of ``days``, without the minutes."""
        return self._raw(np.ascontiguousarray(self._ends[:, 1]), slice(None))

    def days(self, rows: range) -> Bars:
        """Daily bars; their highs and lows need the minutes of all these sessions."""
        hours, own, ends = self.paths.hours, self._own(rows), self._ends[self._own(rows)]
        parts = [rows[low : low + _CHUNK] for low in range(0, len(rows), _CHUNK)]
        reached = np.concatenate([np.empty((0, 2)), *map(self._extremes, parts)])
        (opening, closing, _), (high, low) = ends.T, reached.T
        chosen = slice(rows.start, rows.stop)
        return self._bars(
            # Contiguous, so that kernels are compiled for one layout.
            [self._raw(np.ascontiguousarray(logs), own) for logs in (opening, high, low, closing)],
            self._volumes[own],
            (hours.days[chosen], hours.opens[chosen], hours.closes[chosen]),
        )

    def minutes(self, row: int) -> Bars:
        """The minutes of one session; together they are exactly its daily bar."""
        hours, rows = self.paths.hours, range(row, row + 1)
        own = self._own(rows)
        u = self._draws(rows)[0, : hours.counts[row]]
        shares = minute_shares(len(u))
        opening, closing, sigma = self._ends[own][0].tolist()
        walk_u, up_u, down_u, volume_u = u.T
        points = walk(normal(walk_u), shares, opening, closing, sigma)
        up, down = np.ascontiguousarray((up_u, down_u))
        high, low = minute_extremes(points, shares, sigma, up, down)
        opens = hours.calendar.minutes(from_day(hours.days[row]))
        return self._bars(
            [self._raw(logs, own) for logs in (points[:-1], high, low, points[1:])],
            split_volume(float(self._volumes[own][0]), shares, volume_u),
            (np.full(len(u), hours.days[row]), opens, opens + _MINUTE),
        )

    @cached_property
    def _ends(self) -> Floats:
        """Log open, log close and volatility of each session of the life, shape (m, 3).

        They are those of the day's total-return path. The open lies on the Brownian bridge from
        close to close: known alone, it tells nothing of the rest of the day.
        """
        path, whole = self.paths.path(self.index), slice(self.life.first, self.life.stop)
        returns, sigma = path.returns[whole], path.sigma[whole]
        before, within = np.log(self.life.before()), np.sqrt(1.0 - _GAP**2)
        gap = _GAP**2 * returns + _GAP * within * sigma * path.gap[whole]
        return np.stack((before + gap, before + returns, within * sigma), axis=1)

    @cached_property
    def _volumes(self) -> Floats:
        """Whole shares by session of the life; more is traded on days of large moves."""
        path, whole = self.paths.path(self.index), slice(self.life.first, self.life.stop)
        surprise = np.abs(path.returns[whole]) / path.sigma[whole]
        traded = np.exp(0.35 * path.activity[whole] + 0.3 * (surprise - 1.0))
        typical = self.paths.character(self.index).volume
        return np.rint(typical * self.life.shares * traded)

    def _own(self, rows: range) -> slice:
        """The world's rows as rows of the life."""
        return slice(rows.start - self.life.first, rows.stop - self.life.first)

    def _draws(self, rows: range) -> Floats:
        """The draws of each minute, (d, stride, 4): walk, high, low, volume."""
        stride = self.paths.hours.stride
        first, count = rows.start * stride, len(rows) * stride
        u = uniforms(
            self.paths.seed, Stream.WORLD_MINUTE, self.index, first=first, rows=count, width=4
        )
        return u.reshape(len(rows), stride, 4)

    def _extremes(self, rows: range) -> Floats:
        """Log high and low of sessions, shape (d, 2)."""
        u, ends = self._draws(rows), self._ends[self._own(rows)]
        counts = self.paths.hours.counts[rows.start : rows.stop]
        shares = np.zeros(u.shape[:2])
        for count in np.unique(counts).tolist():
            shares[counts == count, :count] = minute_shares(count)
        return session_extremes(u, normal(u[:, :, WALK]), shares, counts, ends)

    def _raw(self, logs: Floats, own: slice) -> Floats:
        """Raw prices; ``own`` are rows of the life, as many as ``logs`` or one for all."""
        prices = self.life.scale[own] * exponential(logs) - self.life.shift[own]
        return self._rounded(prices)

    def _rounded(self, prices: Floats) -> Floats:
        """Rounding keeps the order of prices: minutes still sum up to their day."""
        if self.decimals is None:
            return prices
        # A price is never rounded to 0.
        return np.maximum(np.round(prices, self.decimals), 10.0**-self.decimals)

    def _bars(
        self, prices: list[Floats], volume: Floats, times: tuple[Days, Stamps, Stamps]
    ) -> Bars:
        session, opens, ends = times
        return Bars(
            instrument_id=self.identity,
            timestamp=opens.astype("datetime64[us]"),
            session=session,
            **dict(zip(PRICES, prices, strict=True)),
            volume=volume,
            available_at=ends.astype("datetime64[us]"),
        )
