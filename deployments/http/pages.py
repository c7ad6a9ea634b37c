"""Answers in pages. Their tokens are opaque to clients, and checked as strictly as any other input."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Generic, Protocol, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cluster.errors import BadInput, Fault
from deployments.http.fields import DIGITS

LONGEST: Final = 512
# These choose how a page is given, not which rows belong to the pages.
_NOT_OF_THE_QUERY: Final = {"page_token", "limit"}

Limit = Annotated[int, Field(ge=1, le=200), DIGITS]
PageToken = Annotated[str, StringConstraints(max_length=LONGEST)] | None


class Paged(Protocol):
    """The parameters of a route that answers in pages: a model with these two fields."""

    @property
    def limit(self) -> int: ...

    @property
    def page_token(self) -> str | None: ...

    def model_dump(self, *, mode: str, exclude: set[str]) -> dict[str, Any]: ...


class Cursor(BaseModel):
    """Where the next page begins. `query` ties it to the query that it came from."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    query: str


C = TypeVar("C", bound=Cursor)
R = TypeVar("R")


class Pages(Generic[C]):
    """The pages of a query. `after` is where this one begins, None for the first.

    Raises BadInput for a token that is none, or that another query gave.
    """

    def __init__(self, query: Paged, cursor: type[C]) -> None:
        self._cursor = cursor
        self._limit = query.limit
        self._query = digest(query)
        self.after = decode(query.page_token, cursor, query=self._query)

    @property
    def wanted(self) -> int:
        """How many rows to read: one more than the page holds tells whether another page follows."""
        return self._limit + 1

    def cut(
        self, rows: Sequence[R], place: Callable[[R], Mapping[str, object]]
    ) -> tuple[Sequence[R], str | None]:
        """The rows of this page and the token of the next; `place` gives the cursor's fields of a row."""
        page = rows[: self._limit]
        return page, self.token(**place(page[-1])) if len(rows) > self._limit else None

    def token(self, **place: object) -> str:
        """The token of the page that begins behind this place."""
        return encode(self._cursor.model_validate({"query": self._query, **place}))


def digest(query: Paged) -> str:
    """A short name of a query, the same for all its pages."""
    fields = query.model_dump(mode="json", exclude=_NOT_OF_THE_QUERY)
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
        # Without `validate` foreign characters are passed over, and many texts would be the same
        # token.
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
