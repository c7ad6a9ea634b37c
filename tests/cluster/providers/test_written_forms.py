"""How files write numbers, dates and lines: read by evidence of the whole column, or refused."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.providers.files import FilesRequest
from cluster.providers.files.dates import pattern_of, to_iso
from cluster.providers.files.figures import COMMA, POINT, marks_of, numbers_of
from cluster.providers.files.parsed import parse
from cluster.providers.files.reading import read_bars

DAYS = st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1, max_size=20)
FORMS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%b %d, %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y"]  # fmt: skip


def figures(*columns, separator=",", given=None, currency="USD"):
    held = {f"open{place}": pa.chunked_array([column]) for place, column in enumerate(columns)}
    read = numbers_of(held, given=given, currency=currency, separator=separator, source="f.csv")
    return [column.to_pylist() for column in read.values()]


def dates(*texts, form=None):
    return to_iso(texts, form=form, source="f.csv")


@given(days=DAYS, form=st.sampled_from(FORMS))
def test_dates_with_the_year_first_or_a_name_of_the_month_are_read_as_they_are(days, form):
    assert dates(*(f"{day:{form}}" for day in days)) == [day.isoformat() for day in days]


@given(days=DAYS, mark=st.sampled_from("./-"), day_first=st.booleans())
def test_one_day_above_twelve_says_how_all_dates_of_the_column_are_written(days, mark, day_first):
    form = mark.join(("%d", "%m", "%Y") if day_first else ("%m", "%d", "%Y"))
    days = [*days, date(2024, 1, 31)]
    assert dates(*(f"{day:{form}}" for day in days)) == [day.isoformat() for day in days]


def test_a_date_that_may_be_two_is_asked_for_and_read_as_told():
    with pytest.raises(BadInput, match=r"row 1: time '03\.01\.2012' .* say --date-format DD\.MM"):
        dates("03.01.2012", "04.01.2012")
    assert dates("03.01.2012", form="DD.MM.YYYY") == ["2012-01-03"]
    assert dates("03.01.2012", form="%m.%d.%Y") == ["2012-03-01"]
    with pytest.raises(BadInput, match=r"others have day and month the other way about"):
        dates("31.01.2012", "01.31.2012")
    with pytest.raises(BadInput, match=r"row 2: time '2012' is not written as --date-format DD"):
        dates("03.01.2012", "2012", form="DD.MM.YYYY")
    with pytest.raises(BadInput, match=r"--date-format 'DD\.MM': expected day, month and year"):
        pattern_of("DD.MM")


def test_hours_halves_of_the_day_offsets_and_unix_time_are_kept():
    assert dates("1/31/2024 4:05 PM", "1/31/2024 12:00:30 AM") == [
        "2024-01-31T16:05:00",
        "2024-01-31T00:00:30",
    ]
    assert dates("20240131 09:30:00-05:00") == ["2024-01-31T09:30:00-05:00"]
    for text in ("1704067200", "1704067200000", "1704067200000000", "1704067200000000000"):
        assert dates(text) == ["2024-01-01T00:00:00.000000Z"]


VALUES = st.lists(st.integers(0, 10**12), min_size=1, max_size=20)


@given(cents=VALUES, style=st.sampled_from(["1,234.56", "1.234,56", "1 234,56", "1'234.56"]))
def test_numbers_are_the_same_however_they_are_written(cents, style):
    point, between = style[5], style[1]

    def shown(value):
        whole, rest = divmod(value, 100)
        return f"{whole:,}".replace(",", between) + f"{point}{rest:02}"

    (read,) = figures(pa.array([shown(value) for value in cents]), separator=";")
    assert read == [float(f"{value // 100}.{value % 100:02}") for value in cents]


def test_signs_scales_and_marks_of_the_missing():
    assert figures(pa.array(["$1,234.50", " 2.25 $", "-", "N/A", ""])) == [
        [1234.5, 2.25, None, None, None]
    ]
    volume = {"volume": pa.chunked_array([["45.23M", "1.5K", "2B", "7"]])}
    read = numbers_of(volume, given=None, currency="USD", separator=",", source="f.csv")
    assert read["volume"].to_pylist() == [45_230_000.0, 1_500.0, 2e9, 7.0]
    with pytest.raises(BadInput, match=r"row 2: open0 '€2' is not in USD: say --currency EUR"):
        figures(pa.array(["1", "€2"]))
    assert figures(pa.array(["€2,5"]), currency="EUR") == [[2.5]]


def test_a_number_of_two_meanings_is_asked_for_and_another_column_may_decide():
    with pytest.raises(BadInput, match=r"row 2: open0 '1,234' is 1234 or 1\.234.* say --decimal"):
        figures(pa.array(["7", "1,234"]))
    # Between semicolons a point may stand between thousands.
    with pytest.raises(BadInput, match=r"'12\.345' is 12\.345 or 12345"):
        figures(pa.array(["12.345"]), separator=";")
    assert figures(pa.array(["12.345"])) == [[12.345]]
    assert figures(pa.array(["1,234"]), pa.array(["2.5"])) == [[1234.0], [2.5]]
    assert figures(pa.array(["1,234"]), pa.array(["2,5"])) == [[1.234], [2.5]]
    assert figures(pa.array(["1,234"]), given=COMMA) == [[1.234]]
    assert figures(pa.array(["1,234"]), given=POINT) == [[1234.0]]
    with pytest.raises(BadInput, match=r"row 2: open0 '1\.2\.3' is no number with '\.' before"):
        figures(pa.array(["1", "1.2.3"]))


def test_marks_are_stated_alone_or_together_and_never_one_for_both():
    assert marks_of(None, None) is None
    assert marks_of(",", None) == COMMA
    assert marks_of(None, ",") == POINT
    assert marks_of(",", "space").thousands == " "
    with pytest.raises(BadInput, match="expected two different marks"):
        marks_of(",", ",")
    with pytest.raises(BadInput, match="--decimal 'x': expected"):
        marks_of("x", None)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_separator_and_encoding_are_found(tmp_path, separator, encoding):
    path = tmp_path / "AAA.csv"
    rows = [["Datum", "Eröffnung", "Schluss"], ["2024-01-02", "9.5", "10.5"]]
    path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
    table, _ = read_bars(path, FilesRequest("mine", (path,)))
    assert table.to_pylist() == [{"time": "2024-01-02", "open": 9.5, "close": 10.5}]


def read(tmp_path, text, **told):
    path = tmp_path / "AAA.csv"
    path.write_text(text)
    table, _ = read_bars(path, FilesRequest("mine", (path,), **told))
    return table.to_pylist()


def test_values_without_a_line_of_names_are_read_with_the_names_that_were_said(tmp_path):
    text = "2024.01.02,09:30,1,2,0.5,1.5,7\n"
    with pytest.raises(BadInput, match=r"'2024\.01\.02,09:30.* say them with --header"):
        read(tmp_path, text)
    header = ("date", "time", "open", "high", "low", "close", "volume")
    (row,) = read(tmp_path, text, header=header)
    assert (row["time"], row["close"], row["volume"]) == ("2024-01-02T09:30:00", 1.5, 7.0)


def test_a_line_above_the_names_and_a_spreadsheets_own_are_left_out(tmp_path):
    text = "Prices of AAA\n\nDate;Close\n2024-01-02;1.5\n"
    assert read(tmp_path, text) == [{"time": "2024-01-02", "close": 1.5}]
    assert read(tmp_path, "sep=|\nDate|Close\n2024-01-02|1.5\n")[0]["close"] == 1.5


def test_names_count_in_any_case_in_columns_that_are_mapped_too(tmp_path):
    text = "DAY,Settlement Price,Note\n2024-01-02,1.5,x\n"
    told = {"settlement price": "close", "NOTE": "ignore"}
    assert read(tmp_path, text, columns=told) == [{"time": "2024-01-02", "close": 1.5}]


@pytest.mark.parametrize("hour", ["00:00:00", "16:00:00", "05:00:00+00:00"])
def test_one_stamp_a_day_at_one_hour_is_a_day(tmp_path, hour):
    path = tmp_path / "AAA.csv"
    days = [date(2024, 1, 2) + timedelta(days=place) for place in range(3)]
    path.write_text("Date,Close\n" + "".join(f"{day} {hour},1\n" for day in days))
    (series,) = parse(path, FilesRequest("mine", (path,)))
    assert (series.timeframe, series.times.tolist()) == ("1Day", days)


def timeframes(tmp_path, lines):
    path = tmp_path / "AAA.csv"
    path.write_text("Date,Symbol,Close\n" + lines)
    return {
        series.timeframe for series in parse(path, FilesRequest("mine", (path,), timezone="UTC"))
    }


def test_two_symbols_with_one_stamp_a_day_are_days_and_two_hours_a_day_are_not(tmp_path):
    days = [date(2024, 1, 2) + timedelta(days=place) for place in range(4)]
    both = "".join(f"{day} 16:00,{name},1\n" for name in ("AAA", "BBB") for day in days)
    assert timeframes(tmp_path, both) == {"1Day"}
    hours = "".join(f"{day} {hour}:00,AAA,1\n" for day in days for hour in (15, 16))
    assert timeframes(tmp_path, hours) == {"1Min"}
    summer = "".join(f"{day} {20 + place // 2}:00,AAA,1\n" for place, day in enumerate(days))
    assert timeframes(tmp_path, summer) == {"1Day"}
