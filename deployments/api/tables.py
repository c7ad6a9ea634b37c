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
LEFT_OUT_HEADER: Final = "x-left-out"
# HAProxy takes 15 KB of headers in all, and answers 502 for more.
MOST_HEADER: Final = 4096
"""Bytes of a header that says something about the rows."""

About = Mapping[str, Any]
"""What stands beside the rows, by name."""


def encode(form: str, rows: pa.Table, about: About) -> Any:
    """The rows as `respond` takes them: a list for JSON, else bytes. Takes time: not for a loop.

    Arrow has `about` in the metadata of its schema, each as JSON.
    """
    if form == ARROW:
        rows = rows.replace_schema_metadata({name: _json(it) for name, it in about.items()})
    return _ENCODERS[form](rows)


def respond(
    request: Request,
    form: str,
    content: Any,
    *,
    next_page_token: str | None,
    about: About,
) -> Response:
    """The answer. What stands beside the rows, `about` them by name, is in the envelope of JSON.

    CSV and Arrow have none: there it is in headers, `X-Next-Page-Token` and one for each name. What
    is longer than MOST_HEADER is left out of them, and named in `X-Left-Out`.
    """
    # A cache must not give one form to somebody who asked for another.
    headers = {"vary": "accept"}
    if form == JSON:
        return envelope(
            request, content, next_page_token=next_page_token, headers=headers, about=about
        )
    if next_page_token is not None:
        headers[NEXT_PAGE_HEADER] = next_page_token
    media = f"{CSV}; charset=utf-8" if form == CSV else form
    return Response(content, media_type=media, headers=headers | _headers(about))


def _headers(about: About) -> dict[str, str]:
    told = {name: _json(value) for name, value in about.items()}
    fit = {f"x-{name}": text for name, text in told.items() if len(text) <= MOST_HEADER}
    left_out = [name for name in told if f"x-{name}" not in fit]
    return fit | ({LEFT_OUT_HEADER: ", ".join(left_out)} if left_out else {})


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


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
