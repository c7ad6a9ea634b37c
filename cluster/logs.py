"""Logs: one JSON object a line, readable colours on a terminal.

Shape: `timestamp, level, service, correlation_id, user_id, message, metadata`; the correlation id
is the request id.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_FIELDS = ("timestamp", "level", "service", "correlation_id", "user_id", "message")


def _shape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The fixed fields first, everything else under `metadata`."""
    event["message"] = event.pop("event", "")
    fixed: dict[str, Any] = {name: event.pop(name, None) for name in _FIELDS}
    return {**fixed, "metadata": dict(event)}


def configure(*, service: str, level: str = "INFO", console: bool | None = None) -> None:
    """Send logs to standard error: JSON, or for people when it is a terminal (`console`)."""
    # Plain tracebacks: rich ones show local variables, and so secrets.
    console = sys.stderr.isatty() if console is None else console
    render: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, _shape, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service)


def bind_request(*, correlation_id: str, user_id: str | None) -> None:
    """Put the request's id and its user on every line logged from here on in this context."""
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id, user_id=user_id)


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """A logger: `log.info("quotes published", count=60)`; values go under `metadata`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
