"""The one shape of an answer: `{"data": …, "next_page_token": …, "request_id": …}`."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import orjson
from fastapi import Request, Response
from pydantic import BaseModel

from deployments.http.context import request_id

T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    """Documents the shape; the bytes are written by `envelope`."""

    data: T
    next_page_token: str | None = None
    request_id: str


def envelope(
    request: Request,
    data: Any,
    *,
    next_page_token: str | None = None,
    headers: dict[str, str] | None = None,
    about: Mapping[str, Any] | None = None,
) -> Response:
    """`data` in its envelope, what is said `about` it beside it.

    Times become RFC 3339 in UTC; NaN and infinity become null.
    """
    document = {
        "data": data,
        **(about or {}),
        "next_page_token": next_page_token,
        "request_id": request_id(request),
    }
    options = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY
    return Response(
        orjson.dumps(document, option=options), media_type="application/json", headers=headers
    )
