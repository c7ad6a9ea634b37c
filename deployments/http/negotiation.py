"""Which of the forms that a route can give a client wants, by its `Accept` header."""

from collections.abc import Sequence

from fastapi import HTTPException, Request


def accepted(request: Request) -> str:
    """The request's `Accept`, all its lines as one (RFC 9110, 5.3)."""
    return ",".join(request.headers.getlist("accept"))


def choose(accept: str, offered: Sequence[str]) -> str:
    """The offered media type that `accept` likes best; the first one where it does not care.

    Raises HTTPException 406 where it likes none of them.
    """
    if not accept.strip():
        return offered[0]
    # No client means more; each one costs a comparison with every form.
    ranges = [_parse(part) for part in accept.split(",")[:20]]
    scored = [(_quality(media, ranges), -place, media) for place, media in enumerate(offered)]
    # Of equals the one that is offered first, hence the place with a minus.
    quality, _, best = max(scored)
    if quality <= 0:
        raise HTTPException(406, f"expected Accept to allow one of {', '.join(offered)}")
    return best


def _parse(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            return media, _number(parameter[2:])
    return media, 1.0


def _number(text: str) -> float:
    # `float` alone would take NaN, infinity and a sign; NaN would win or lose by its place in the
    # list.
    return min(float(text), 1.0) if text.replace(".", "", 1).isdecimal() else 0.0


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The most specific range that covers `media` decides (RFC 9110, 12.5.1)."""
    family = media.partition("/")[0] + "/*"
    for name in (media, family, "*/*"):
        for wanted, quality in ranges:
            if wanted == name:
                return quality
    return 0.0
