"""One hierarchy of errors: each knows its exit status on the command line and its problem over HTTP.

`str(error)` is one line that says what is wrong, which value and the remedy.
Exit status: 2 is bad input (nothing was written), 1 is anything else that failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input: the place, the rule, and the rule's short name.

    `msg` never repeats the input unless it was checked before.
    """

    loc: str
    msg: str
    type: str = "value_error"


class TriiError(Exception):
    """The root: something failed and the message says what and how to go on."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"


class BadInput(TriiError):
    """The caller's input breaks a rule; `faults` lists every one."""

    exit_code = 2
    status = 422
    code = "invalid"
    title = "Invalid input"

    def __init__(self, message: str, *, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class ConfigError(BadInput):
    """A setting or a configuration file is wrong."""

    status = 500
    code = "config"
    title = "Invalid configuration"


class NotFound(BadInput):
    """What was asked for by name does not exist."""

    status = 404
    code = "not_found"
    title = "Not found"


class UnknownSymbol(NotFound):
    """No instrument has this symbol at this time; `near` holds names that look like it."""

    code = "unknown_symbol"
    title = "Unknown symbol"

    def __init__(self, message: str, *, near: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.near = tuple(near)


class Unauthenticated(TriiError):
    """No valid identity came with the request."""

    status = 401
    code = "unauthenticated"
    title = "Authentication required"


class Forbidden(TriiError):
    """The identity lacks a scope."""

    status = 403
    code = "forbidden"
    title = "Scope missing"


class Conflict(TriiError):
    """The request contradicts what already stands."""

    status = 409
    code = "conflict"
    title = "Conflict"


class TooLarge(TriiError):
    """The request body is over its limit."""

    exit_code = 2
    status = 413
    code = "too_large"
    title = "Request too large"


class Overloaded(TriiError):
    """A queue is full or something needed is away; trying again later helps."""

    status = 503
    code = "overloaded"
    title = "Temporarily unavailable"

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeadlineExceeded(TriiError):
    """The answer was not ready in the time the caller gave."""

    status = 504
    code = "deadline_exceeded"
    title = "Deadline exceeded"


class StoreError(TriiError):
    """A store (PostgreSQL, Valkey, lake, registry) failed."""

    code = "store"
    title = "Store failure"


class PlatformError(TriiError):
    """A component of the platform could not be started, reached or stopped."""

    code = "platform"
    title = "Platform failure"
