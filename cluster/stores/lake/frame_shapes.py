"""Bars of several symbols as one table: long or wide, of pandas, polars or Arrow."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from cluster.errors import BadInput, Fault
from market.bars import INSTANT, Bars

Kind = Literal["pandas", "polars", "arrow"]


@dataclass(frozen=True)
class Part:
    """Bars under the name that was asked for."""

    name: str
    bars: Bars


def shaped(
    parts: Sequence[Part],
    fields: Sequence[str],
    *,
    to: Kind,
    wide: bool,
    by_day: bool,
    single: bool,
    about: Mapping[str, Any],
) -> Any:
    """The table; `about` goes into its `attrs`, or the metadata of an Arrow schema.

    `single`: one field was named, so that wide columns are symbols alone. Raises BadInput for a
    library that is not there.
    """
    if to not in {"pandas", "polars", "arrow"}:
        raise _refused(f"to={to!r}: expected pandas, polars or arrow")
    rows = _rows(parts, fields, by_day=by_day)
    if not wide and to != "pandas":
        return _other(rows, to, about)
    frame = rows.to_pandas(date_as_object=False)
    if wide:
        frame = _wide(frame, [part.name for part in parts], fields, single=single)
        if to != "pandas":
            return _other(_flat(frame), to, about)
    frame.attrs.update(about)
    return frame


def _rows(parts: Sequence[Part], fields: Sequence[str], *, by_day: bool) -> pa.Table:
    """By symbol in the order asked for, then time; missing numbers are null."""
    return pa.concat_tables(
        [
            pa.table(
                {
                    "symbol": pa.repeat(part.name, len(part.bars)),
                    **_times(part.bars, by_day=by_day),
                    **{
                        name: pa.array(getattr(part.bars, name), from_pandas=True)
                        for name in fields
                    },
                }
            )
            for part in parts
        ]
    )


def _times(bars: Bars, *, by_day: bool) -> dict[str, pa.Array]:
    if by_day:
        return {"date": pa.array(bars.session, pa.date32())}
    return {"timestamp": pa.array(bars.timestamp, pa.timestamp("us")).cast(INSTANT)}


def _wide(
    frame: pd.DataFrame, names: Sequence[str], fields: Sequence[str], *, single: bool
) -> pd.DataFrame:
    """A row a time; columns by field and then symbol, each in the order asked for."""
    time = str(frame.columns[1])
    values = fields[0] if single else list(fields)
    found = frame.pivot(index=time, columns="symbol", values=values)  # noqa: PD010  # no aggregation
    if single:
        return found.reindex(columns=pd.Index(names, name="symbol"))
    columns = pd.MultiIndex.from_product([fields, names], names=["field", "symbol"])
    return found.reindex(columns=columns)


def _flat(frame: pd.DataFrame) -> pa.Table:
    """The same with columns such as `close/AAPL`."""
    if frame.columns.nlevels > 1:
        frame = frame.set_axis(["/".join(both) for both in frame.columns], axis=1)
    frame = frame.reset_index().rename_axis(columns=None)
    return pa.Table.from_pandas(frame, preserve_index=False)


def _other(rows: pa.Table, to: Kind, about: Mapping[str, Any]) -> Any:
    if to == "arrow":
        told = {name: json.dumps(value) for name, value in about.items()}
        return rows.replace_schema_metadata(told)
    try:
        polars = import_module("polars")  # not ours: whoever wants it has it
    except ImportError as exc:
        raise _refused("polars is not installed: pip install polars, or to='arrow'") from exc
    return polars.from_arrow(rows)


def _refused(message: str) -> BadInput:
    return BadInput(message, faults=[Fault("to", message)])
