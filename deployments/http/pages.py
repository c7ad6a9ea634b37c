"""Page tokens: opaque to clients, checked as strictly as any other input."""

import base64
import hashlib
from typing import Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from cluster.errors import BadInput, Fault
from deployments.http.params import Params

LONGEST: Final = 512
# These choose how a page is given, not which rows belong to the pages.
_NOT_OF_THE_QUERY: Final = {"page_token", "limit"}


class Cursor(BaseModel):
    """Where the next page begins. `query` ties it to the query that it came from."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    query: str


C = TypeVar("C", bound=Cursor)


def digest(params: Params) -> str:
    """A short name of a query, the same for all its pages."""
    fields = params.model_dump(mode="json", exclude=_NOT_OF_THE_QUERY)
    canonical = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:16]


def encode(cursor: Cursor) -> str:
    """The cursor as a token that fits into a URL."""
    return base64.urlsafe_b64encode(cursor.model_dump_json().encode()).rstrip(b"=").decode()


def decode(token: str | None, kind: type[C], *, query: str) -> C | None:
    """The cursor in a token; None without one.

    Raises BadInput for a token that is none, or that another query gave.
    """
    if token is None:
        return None
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        cursor = kind.model_validate_json(data)
    except (ValueError, ValidationError) as exc:
        raise refused("not a token that this route gave") from exc
    if cursor.query != query:
        raise refused("the token belongs to another query: repeat the same parameters")
    return cursor


def refused(message: str) -> BadInput:
    """The error of a token that can't be followed."""
    return BadInput(
        f"page_token: {message}", faults=[Fault("query.page_token", message, "page_token")]
    )
