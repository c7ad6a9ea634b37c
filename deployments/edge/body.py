"""The limit on request bodies, counted as they arrive: a length that is claimed proves nothing."""

from starlette.types import Message, Receive

from cluster.errors import TooLarge
from deployments.edge.answer import Answer
from deployments.http import problems

_MOST_DIGITS = 15


class LimitedBody:
    """Wraps `receive`. Beyond the limit the application sees a client that left, and the client 413."""

    __slots__ = ("_answer", "_left", "_limit", "_receive")

    def __init__(self, receive: Receive, *, limit: int, answer: Answer) -> None:
        self._receive = receive
        self._limit = limit
        self._left = limit
        self._answer = answer

    async def receive(self) -> Message:
        """The `receive` that is given to the application."""
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        # The rest is never read: to go on reading would let one client keep the replica busy for nothing.
        self._answer.replace_by(problems.from_error(over(self._limit)))
        return {"type": "http.disconnect"}


def check_claim(content_length: bytes, *, limit: int) -> None:
    """Raise TooLarge where the claimed length alone is over the limit."""
    # Counted before it is converted: Python takes seconds for a number of a million digits.
    # What is no number claims nothing: that body is counted as it arrives.
    digits = content_length.lstrip(b"0")
    if digits.isdigit() and (len(digits) > _MOST_DIGITS or int(digits) > limit):
        raise over(limit)


def over(limit: int) -> TooLarge:
    """The error that a body over its limit is answered with."""
    return TooLarge(f"the body is over {limit} bytes")
