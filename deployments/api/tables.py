"""Tables on the wire: the same rows as JSON, CSV or Arrow."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from fastapi import Request, Response
from pyarrow import csv

from deployments.http.envelope import envelope

JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
FORMS: Final = (JSON, CSV, ARROW)
NEXT_PAGE_HEADER: Final = "x-next-page-token"


def encode(form: str, rows: pa.Table) -> Any:
    """The rows as `respond` takes them: a list for JSON, else bytes. Takes time: not for a loop."""
    return _ENCODERS[form](rows)


def respond(
    request: Request,
    form: str,
    content: Any,
    *,
    next_page_token: str | None,
    about: Mapping[str, Any] | None = None,
) -> Response:
    """The answer. What stands beside the rows, `about` them by name, is in the envelope of JSON.

    CSV and Arrow have none: there it is in headers, `X-Next-Page-Token` and one for each name.
    """
    # A cache must not give one form to somebody who asked for another.
    headers = {"vary": "accept"}
    if form == JSON:
        return envelope(
            request, content, next_page_token=next_page_token, headers=headers, about=about
        )
    if next_page_token is not None:
        headers[NEXT_PAGE_HEADER] = next_page_token
    headers |= {f"x-{name}": orjson.dumps(value).decode() for name, value in (about or {}).items()}
    media = f"{CSV}; charset=utf-8" if form == CSV else form
    return Response(content, media_type=media, headers=headers)


def _csv(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    csv.write_csv(_with_written_times(rows), sink)
    return bytes(sink.getvalue())


def _with_written_times(rows: pa.Table) -> pa.Table:
    """Times as RFC 3339, which Arrow's own form is not."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            written = pc.strftime(rows.column(place), format="%Y-%m-%dT%H:%M:%SZ")
            rows = rows.set_column(place, field.name, written)
    return rows


def _arrow(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


_ENCODERS: dict[str, Callable[[pa.Table], Any]] = {
    JSON: lambda rows: rows.to_pylist(),
    CSV: _csv,
    ARROW: _arrow,
}
