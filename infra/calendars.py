"""Writes the tables of calendars anew, from the release of exchange_calendars that is installed.

python infra/calendars.py
"""

from pathlib import Path

from market.calendar import CALENDARS, stored
from market.calendar.exchanges import schedule_of

FOLDER = Path(stored.__file__).with_name("tables")


def main() -> None:
    for name in CALENDARS:
        if name != "24/7":
            (FOLDER / f"{name}.npz").write_bytes(stored.pack(*schedule_of(name)))


if __name__ == "__main__":
    main()
