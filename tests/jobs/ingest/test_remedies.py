"""What an error of a file tells to say is said, and then the file is taken."""

import shlex
from datetime import date

import pytest
from click.testing import CliRunner

from cluster.errors import BadInput
from jobs.data.cli import data
from market.calendar import get_calendar

XNYS = get_calendar("XNYS")
DAYS = XNYS.sessions(date(2023, 1, 3), date(2023, 3, 31))
MINUTES = XNYS.stamps(date(2024, 2, 5), date(2024, 2, 5))[:60].astype("datetime64[s]")
ENDS = [f"{stamp}Z" for stamp in (XNYS.stamps(date(2024, 2, 5), date(2024, 2, 5)) + 60_000_000)]

# What is given, and the remedies of which its error names each as one would type it.
CASES = {
    "dates of two meanings": (
        "Date,Close\n03.01.2023,10\n04.01.2023,11\n",
        ["--date-format DD.MM.YYYY", "--date-format MM.DD.YYYY"],
    ),
    "numbers of two meanings": (
        'Date,Close\n2023-01-03,"1,234"\n2023-01-04,"1,235"\n',
        ["--decimal .", "--decimal ,"],
    ),
    "points between semicolons": ("Date;Close\n2023-01-03;1.234\n", ["--decimal .", "--decimal ,"]),
    "another currency": ("Date,Close\n2023-01-03,€10\n", ["--currency EUR"]),
    "no names": (
        "2023-01-03,10,11,9,10,100\n",
        ["--header date,open,high,low,close,volume"],
    ),
    "an unknown column": (
        "Date,Close,My Comment\n2023-01-03,10,fine\n",
        ["--column 'My Comment=ignore'"],
    ),
    "two closes": ("Date,Close,Last\n2023-01-03,10,10\n", ["--column Last=ignore"]),
    "no zone": (
        "Date,Close\n" + "".join(f"{at},10\n" for at in MINUTES),
        ["--timezone UTC"],
    ),
    "ends of minutes": ("Date,Close\n" + "".join(f"{at},10\n" for at in ENDS), ["--stamped end"]),
    "weeks": ("Date,Close\n" + "".join(f"{day},10\n" for day in DAYS[::5]), ["--timeframe 1Day"]),
    "adjusted closes of no actions": (
        "Date,Close,Adj Close\n"
        + "".join(f"{day},{10 + k % 3},{10 + k % 5}\n" for k, day in enumerate(DAYS)),
        ["--raw", "--adjusted"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_an_error_of_a_file_tells_to_say_reads_it(case, tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    text, told = CASES[case]
    path = tmp_path / "AAA.csv"
    path.write_text(text)

    def ingest(place, *more):
        arguments = ["ingest", "--dataset", f"mine{place}", "--files", str(path), *more]
        return CliRunner().invoke(data, arguments, standalone_mode=False)

    refused = ingest(0)
    assert isinstance(refused.exception, BadInput)
    assert not (tmp_path / "home").exists()
    for place, remedy in enumerate(told):
        words = shlex.split(remedy)
        assert remedy.removeprefix("--date-format ") in str(refused.exception)
        assert ingest(place, *words).exception is None
