"""Lines of a text that comes in pieces: the same lines however it is cut."""

from typing import Final

LONGEST: Final = 8192  # characters


class Lines:
    """Takes pieces, gives whole lines; one that is longer than `longest` is given in parts.

    `taken` counts the characters so far.
    """

    def __init__(self, *, longest: int | None = LONGEST) -> None:
        self.taken = 0
        self._longest = longest
        self._rest = ""

    def take(self, text: str) -> list[str]:
        """The lines that are whole with this piece."""
        self.taken += len(text)
        *whole, rest = (self._rest + text).split("\n")
        # Full parts of a line without an end go out at once: it may never end.
        *parts, self._rest = self._parts(rest)
        return [part for line in whole for part in self._parts(line)] + parts

    def finish(self) -> list[str]:
        """What stands behind the last line end."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def _parts(self, line: str) -> list[str]:
        """A line that fills its last part exactly ends there: no empty part follows."""
        if self._longest is None:
            return [line]
        starts = range(0, max(len(line), 1), self._longest)
        return [line[start : start + self._longest] for start in starts]
