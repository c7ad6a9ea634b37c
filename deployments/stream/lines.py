"""Lines of a text that comes in pieces: the same lines however it is cut."""

from typing import Final

LONGEST: Final = 8192


class Lines:
    """Takes pieces, gives whole lines; a longer one than `LONGEST` characters is given in parts.

    `taken` counts the characters so far.
    """

    def __init__(self) -> None:
        self.taken = 0
        self._rest = ""

    def take(self, text: str) -> list[str]:
        """The lines that are whole with this piece."""
        self.taken += len(text)
        *whole, rest = (self._rest + text).split("\n")
        *parts, self._rest = _parts(rest)
        return [part for line in whole for part in _parts(line)] + parts

    def finish(self) -> list[str]:
        """What stands behind the last line end."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []


def _parts(line: str) -> list[str]:
    """A line that fills its last part exactly ends there: no empty part follows."""
    starts = range(0, max(len(line), 1), LONGEST)
    return [line[start : start + LONGEST] for start in starts]
