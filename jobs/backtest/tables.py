"""Sleeves as Arrow tables: one row a bar and one row a trade."""

import numpy as np
import pyarrow as pa

from market.arrays import Mask, Stamps
from market.backtest import Mode, Sleeves

_INSTANT = pa.timestamp("us", tz="UTC")

EQUITY_SCHEMA = pa.schema(
    [
        ("instrument_id", pa.string()),
        ("session", pa.date32()),
        ("equity", pa.float64()),
        ("baseline", pa.float64()),
    ]
)

TRADES_SCHEMA = pa.schema(
    [
        ("instrument_id", pa.string()),
        ("entry_session", pa.date32()),
        ("exit_session", pa.date32()),  # null while open
        ("entered_at", _INSTANT),  # when the first purchase was filled
        ("exited_at", _INSTANT),  # null where a delisting ended it, too
        ("sessions", pa.int64()),  # its own, from entry to exit, or to its last while open
        ("units", pa.float64()),
        ("entry_price", pa.float64()),
        ("exit_price", pa.float64()),
        ("cost", pa.float64()),
        ("income", pa.float64()),  # dividends and the value of spin-offs
        ("pnl", pa.float64()),  # after costs; marked at the last close while open
    ]
)


def equity(strategy: Sleeves, baseline: Sleeves) -> pa.Table:
    """EQUITY_SCHEMA: the sleeves where their instrument has a bar, and at its delisting."""
    rows, columns = np.nonzero(strategy.panel.valued())
    return pa.table(
        [
            _ids(strategy, rows),
            pa.array(strategy.session[columns]),
            pa.array(strategy.equity[rows, columns]),
            pa.array(baseline.equity[rows, columns]),
        ],
        schema=EQUITY_SCHEMA,
    )


def trades(sleeves: Sleeves, *, mode: Mode) -> pa.Table:
    """TRADES_SCHEMA, by instrument and entry."""
    rows, entry, leave = (sleeves.trades[name] for name in ("row", "entry", "exit"))
    stamps = sleeves.panel.opened if mode == "next-open" else sleeves.panel.closed
    is_open = leave < 0
    # Not columns of the panel: those depend on which other instruments share it.
    own = np.cumsum(~np.isnan(sleeves.panel.close), axis=1)
    until = own[rows, np.where(is_open, -1, leave)]
    return pa.table(
        [
            _ids(sleeves, rows),
            pa.array(sleeves.session[entry]),
            pa.array(sleeves.session[leave], mask=is_open),
            _instants(stamps[rows, entry]),
            _instants(stamps[rows, leave], mask=is_open),
            pa.array(until - own[rows, entry]),
            pa.array(sleeves.trades["units"]),
            pa.array(sleeves.trades["entry_price"]),
            pa.array(sleeves.trades["exit_price"], mask=is_open),
            pa.array(sleeves.trades["cost"]),
            pa.array(sleeves.trades["income"]),
            pa.array(sleeves.trades["pnl"]),
        ],
        schema=TRADES_SCHEMA,
    )


def _ids(sleeves: Sleeves, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    names = pa.array(sleeves.panel.instrument_ids, pa.string())
    return names.take(pa.array(rows))


def _instants(stamps: Stamps, mask: Mask | None = None) -> pa.Array:
    """Null where masked, and where nothing traded."""
    missing = np.isnat(stamps)
    return pa.array(stamps, mask=missing if mask is None else missing | mask).cast(_INSTANT)
