"""Numbers as people write them: marks, separators of thousands and currency signs, by evidence.

One convention holds for a whole file: what no value decides is refused, never guessed for a row.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput

MISSING = ("", "-", "--", "na", "n/a", "#n/a", "nan", "null", "none", "#value!")
_SIGNS = {
    "$": ("USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
}
"""Signs of currency and what each may stand for, the most usual first."""
_SCALES = {"k": "e3", "m": "e6", "b": "e9"}
_THOUSANDS = {"space": " ", "none": ""}
_COUNTED = ("volume", "trade_count")
_BLANKS = " \u00a0\u202f'\u2019"  # between thousands, in France and in Switzerland
_FIGURE = re.compile(rf"[\d.,+\-{_BLANKS}]+[kKmMbB]?")


@dataclass(frozen=True)
class Marks:
    """How a file writes numbers: the decimal mark and the separator of thousands, "" for none."""

    decimal: str
    thousands: str

    def plain(self, text: str) -> str | None:
        """The number with a point and nothing else between its digits; None for what is none."""
        if not self._form.fullmatch(text):
            return None
        kept = [sign for sign in text if sign not in self._between]
        return "".join(kept).replace(self.decimal, ".")

    @property
    def _between(self) -> str:
        return _BLANKS + self.thousands

    @cached_property
    def _form(self) -> re.Pattern[str]:
        whole = rf"(\d+|\d{{1,3}}([{re.escape(self._between)}]\d{{3}})+)"
        point = re.escape(self.decimal)
        return re.compile(rf"[+-]?({whole}({point}\d*)?|{point}\d+)([eE][+-]?\d+)?")


POINT, COMMA = Marks(".", ","), Marks(",", ".")


def numbers_of(
    columns: Mapping[str, pa.ChunkedArray],
    *,
    given: Marks | None,
    currency: str | None,
    separator: str,
    source: str,
) -> dict[str, pa.ChunkedArray]:
    """Columns of text by field as float64, null where a value is missing.

    `given` are the marks that were stated, `currency` what the prices are in (None: unknown),
    `separator` that of the file. Raises BadInput that shows the row and the option that reads it.
    """
    trimmed = {name: _trimmed(column) for name, column in columns.items()}
    if given is None:
        plain = {name: _cast(column) for name, column in trimmed.items()}
        if not any(column is None for column in plain.values()) and (
            separator == "," or not _doubtful(trimmed.values())
        ):
            return {name: column for name, column in plain.items() if column is not None}
    texts = {
        name: _Texts(name, column, currency=currency, source=source)
        for name, column in trimmed.items()
    }
    marks = given or _evident(texts.values(), source=source)
    return {name: column.numbers(marks) for name, column in texts.items()}


class _Texts:
    """One column: its different texts, without signs of currency."""

    def __init__(
        self, name: str, column: pa.ChunkedArray, *, currency: str | None, source: str
    ) -> None:
        self.name, self.source = name, source
        encoded = pc.dictionary_encode(column).combine_chunks()
        self.codes = encoded.indices
        self.written: list[str] = encoded.dictionary.to_pylist()
        self.bare = [self._bare(text, currency) for text in self.written]

    def row(self, place: int) -> int:
        """The first row that holds the text at that place, counted from 1."""
        return int(pc.index(self.codes, pa.scalar(place, self.codes.type)).as_py()) + 1

    def numbers(self, marks: Marks) -> pa.ChunkedArray:
        values = [self._number(place, marks) for place in range(len(self.bare))]
        return pa.chunked_array([pa.array(values, pa.float64()).take(self.codes)])

    def _number(self, place: int, marks: Marks) -> float:
        text = self.bare[place]
        scale = _SCALES.get(text[-1:].lower(), "") if self.name in _COUNTED else ""
        plain = marks.plain(text[:-1].rstrip() if scale else text)
        if plain is None:
            raise BadInput(
                f"{self.source}: row {self.row(place)}: {self.name} {self.written[place][:40]!r} is "
                f"no number with {_told(marks)}: leave the column out with --column, say how numbers "
                "are written with --decimal and --thousands, or mend the row; nothing was written"
            )
        return float(plain + scale)

    def _bare(self, text: str, currency: str | None) -> str:
        sign = next((sign for sign in _SIGNS if sign in text), None)
        if sign is None:
            return text
        if currency is not None and currency not in _SIGNS[sign]:
            raise BadInput(
                f"{self.source}: row {self.row(self.written.index(text))}: {self.name} {text[:40]!r} "
                f"is not in {currency}: say --currency {_SIGNS[sign][0]}; nothing was written"
            )
        return text.replace(sign, "", 1).strip()


def _evident(columns: Iterable[_Texts], *, source: str) -> Marks:
    """The one convention that all values fit. Raises BadInput where both would read them."""
    texts = [
        (column, place, text)
        for column in columns
        for place, text in enumerate(column.bare)
        if _FIGURE.fullmatch(text)
    ]
    fitting = [
        marks
        for marks in (POINT, COMMA)
        if all(marks.plain(text.rstrip("kKmMbB ")) is not None for _, _, text in texts)
    ]
    if len(fitting) < 2:
        # Where neither fits, reading by points says which value is at fault.
        return (*fitting, POINT)[0]
    differing = (found for found in texts if POINT.plain(found[2]) != COMMA.plain(found[2]))
    if (first := next(differing, None)) is None:
        return POINT
    column, place, text = first
    readings = " or ".join(f"{float(marks.plain(text) or 0):g}" for marks in fitting)
    raise BadInput(
        f"{source}: row {column.row(place)}: {column.name} {text!r} is {readings}, and no other value "
        "decides: say --decimal . or --decimal ,; nothing was written"
    )


def marks_of(decimal: str | None, thousands: str | None) -> Marks | None:
    """The marks that were stated, None where nothing was. Raises BadInput for what marks nothing."""
    if decimal is None and thousands is None:
        return None
    if decimal not in {None, ".", ","}:
        raise BadInput(f"--decimal {decimal!r}: expected . or ,")
    between = _THOUSANDS.get(thousands or "", thousands)
    if between is not None and between not in {"", ".", ",", " ", "'"}:
        raise BadInput(f"--thousands {thousands!r}: expected . or , or ' or space or none")
    point = decimal or ("," if between == "." else ".")
    between = between if between is not None else ("," if point == "." else ".")
    if point == between:
        raise BadInput(f"--decimal {point} --thousands {between}: expected two different marks")
    return Marks(point, between)


def _doubtful(columns: Iterable[pa.ChunkedArray]) -> bool:
    """Whether points may be those of thousands: each is followed by three digits, in all columns."""
    dotted = [column.filter(pc.match_substring(column, ".")).drop_null() for column in columns]
    return any(map(len, dotted)) and all(
        pc.all(pc.match_substring_regex(column, r"^[+-]?\d{1,3}(\.\d{3})+$")).as_py() is not False
        for column in dotted
    )


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = pc.utf8_trim_whitespace(column)
    missing = pc.is_in(pc.utf8_lower(texts), pa.array(MISSING))
    return pc.if_else(missing, pa.scalar(None, pa.string()), texts)


def _cast(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid:
        return None


def _told(marks: Marks) -> str:
    return (
        f"{marks.decimal!r} before decimals and {marks.thousands or 'nothing'!r} between thousands"
    )
