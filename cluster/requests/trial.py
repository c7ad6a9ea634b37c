"""A trial that was made elsewhere, as it is told over HTTP."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cluster.requests.backtest import Day, Family
from cluster.requests.spelling import Spelled

_MOST = 20_000  # sessions: eighty years of days
_LARGEST = 1e6  # the ledger keeps returns as float32, to which larger ones may be infinite
Hash = Annotated[str, Spelled(r"^[0-9a-f]{64}$", "64 hexadecimal digits")]
Words = Annotated[str, Spelled(r"^[^\x00-\x1f\x7f]{1,200}$", "1 to 200 printable characters")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Numbers = Annotated[dict[Words, Number], Field(max_length=40)]


class TrialRequest(BaseModel):
    """What was tried, on which bars, and its return of each session.

    Figures are made of the returns here; who tried it and when is what the server knows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Family = Field(description="Family of ideas that the trial is judged with.")
    strategy: Words = Field(description="Name of the strategy.")
    source_hash: Hash = Field(description="SHA-256 of the strategy's source.")
    parameters: Numbers = Field(description="Its parameters.")
    universe: Words = Field(description="What its bars are called.")
    costs: Numbers = Field(description="Costs in basis points, by name.")
    start: Day = Field(description="First session, at which nothing is filled yet.")
    data_hash: Hash = Field(description="SHA-256 of the bars that were read.")
    run_id: Words = Field(description="What the run is called where it was made.")
    sessions_per_year: Annotated[int, Field(ge=1, le=366)] = Field(
        description="Sessions of a year, by which figures are annualised."
    )
    sessions: Annotated[list[Day], Field(min_length=1, max_length=_MOST)] = Field(
        description="The sessions of the returns, in order."
    )
    returns: Annotated[
        list[Annotated[Number, Field(gt=-1.0, le=_LARGEST)]], Field(max_length=_MOST)
    ] = Field(description="Simple return of each session.")

    @model_validator(mode="after")
    def _fit(self) -> Self:
        """One return a session, and sessions in order."""
        if len(self.returns) != len(self.sessions):
            raise ValueError(f"{len(self.returns)} returns of {len(self.sessions)} sessions")
        days: list[date] = [self.start, *self.sessions]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError("sessions: expected dates that rise, all after start")
        return self
