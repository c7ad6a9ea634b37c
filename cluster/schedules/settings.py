"""The group `TRII_INGEST_…`: which datasets are taken in by themselves, and when."""

from typing import Annotated, Final

from pydantic import BaseModel, Field, PositiveInt, StringConstraints, field_validator

Dataset = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,50}$")]

# As `market.calendar` has them, which a test holds: that one loads numpy, and settings are read by
# every command.
CALENDARS: Final = ("24/7", "CMES", "XETR", "XHKG", "XLON", "XNAS", "XNYS", "XTKS")


class IngestSettings(BaseModel):
    """Datasets that are taken in by themselves, and when."""

    ingest_calendars: dict[Dataset, str] = Field(
        default={"synthetic": "24/7"},
        description="the calendar of each dataset that is taken in after its closes",
    )
    ingest_delay_min: PositiveInt = Field(
        default=30, description="minutes from a close to its ingest"
    )

    @field_validator("ingest_calendars")
    @classmethod
    def _know_calendars(cls, value: dict[str, str]) -> dict[str, str]:
        for name in set(value.values()) - set(CALENDARS):
            raise ValueError(f"calendar {name!r}: expected one of {', '.join(CALENDARS)}")
        return value
