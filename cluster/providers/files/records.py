"""Small tables beside the prices (listings, actions): rows of typed values, faults by row."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa

from cluster.errors import BadInput
from cluster.providers.files.figures import MISSING, numbers_of
from cluster.providers.files.request import FilesRequest
from cluster.providers.files.sheets import sheet_of
from cluster.providers.files.stamps import to_days, written

Kind = Literal["text", "number", "date", "flag"]
Value = str | float | date | bool | None
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def records_of(
    path: Path, request: FilesRequest, *, kinds: Mapping[str, Kind], required: Sequence[str]
) -> list[dict[str, Value]]:
    """The rows, each value of its column's kind, None where it is missing.

    Names of columns count in any case, with blanks for underscores. Raises BadInput for an unknown
    or missing column and, with its row, for a value of another kind.
    """
    sheet = sheet_of(path, separator=request.separator, given={})
    names = [name.strip().casefold().replace(" ", "_") for name in sheet.names]
    if unknown := [name for name in names if name not in kinds]:
        raise BadInput(f"{path.name}: unknown column {unknown[0]!r}: expected {', '.join(kinds)}")
    if lacking := [name for name in required if name not in names]:
        raise BadInput(f"{path.name}: no column {lacking[0]}")
    columns = []
    for name, column in zip(names, sheet.columns, strict=True):
        texts = [None if _missing(value) else str(value).strip() for value in column.to_pylist()]
        if kinds[name] == "number":
            columns.append(_numbers(texts, name, request, sheet.separator, source=path.name))
        else:
            columns.append(_typed(texts, name, kinds[name], request, source=path.name))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _typed(
    texts: list[str | None], name: str, kind: Kind, request: FilesRequest, *, source: str
) -> Sequence[Value]:
    if kind == "flag":
        return [_flag(text, name, f"{source}: row {row}") for row, text in enumerate(texts, 1)]
    return _dates(texts, name, request.date_format, source) if kind == "date" else texts


def _numbers(
    texts: list[str | None], name: str, request: FilesRequest, separator: str, *, source: str
) -> Sequence[Value]:
    held = {name: pa.chunked_array([pa.array(texts, pa.string())])}
    read = numbers_of(held, given=request.marks, currency=None, separator=separator, source=source)
    numbers: list[Value] = read[name].to_pylist()
    return numbers


def _dates(texts: list[str | None], name: str, form: str | None, source: str) -> Sequence[Value]:
    places = [place for place, text in enumerate(texts) if text is not None]
    found: list[Value] = [None] * len(texts)
    if places:
        held = pa.chunked_array([pa.array([texts[place] for place in places], pa.string())])
        times = written(held, None, form=form, source=source, name=name)
        for place, day in zip(places, to_days(times, source=source).tolist(), strict=True):
            found[place] = day
    return found


def _flag(text: str | None, name: str, at: str) -> bool | None:
    if text is None:
        return None
    if text.casefold() not in _FLAGS:
        raise BadInput(f"{at}: {name} {text[:20]!r}: expected yes or no")
    return _FLAGS[text.casefold()]


def _missing(value: object) -> bool:
    return value is None or str(value).strip().casefold() in MISSING
