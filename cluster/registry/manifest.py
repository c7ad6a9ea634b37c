"""What a model says of itself: everything that serving, replay and a reader need besides its numbers."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, StringConstraints, model_validator

Kind = Literal["probability", "quantiles"]
Algorithm = Literal["mlp", "persistence", "return-quantiles"]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Version = Annotated[str, StringConstraints(pattern="^[1-9][0-9]*$")]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Manifest(BaseModel):
    """One version of a model; frozen.

    ``horizon`` counts sessions. ``universe`` names the instruments of its training, ``members`` is
    the digest of their ids, and of what was fitted they are ``trained_on``; ``trained_until`` is the last session whose close training read (None where
    nothing was fitted); ``panel`` is the digest of its rows. ``metrics`` are those of validation unless their name says otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    version: Version
    kind: Kind
    algorithm: Algorithm
    description: str
    horizon: PositiveInt
    feature_set: str
    feature_hash: Sha256
    quantile_levels: tuple[Fraction, ...] = ()
    coverage: Fraction | None = None
    universe: str
    members: Sha256 | None = None
    trained_on: tuple[str, ...] = ()
    trained_until: date | None = None
    snapshot: str
    panel: Sha256 | None = None
    seed: int | None = None
    metrics: dict[str, float] = Field(default_factory=dict)

    def in_sample(self, instrument_id: str, session: date) -> bool:
        """Whether training has seen this instrument's closes of that session."""
        until = self.trained_until
        return until is not None and instrument_id in self.trained_on and session <= until

    @property
    def summary(self) -> str:
        """Two sentences for a reader of the version: what it answers, and what it was made of."""
        until = "" if self.trained_until is None else f" until {self.trained_until}"
        many = "s" * (len(self.trained_on) > 1)
        count = f" ({len(self.trained_on)} instrument{many}{until})" if self.trained_on else ""
        made = f"{self.algorithm} on universe {self.universe}{count}, snapshot {self.snapshot}"
        return f"{self.description}. {made[0].upper()}{made[1:]}."

    @model_validator(mode="after")
    def _levels_fit_kind(self) -> Self:
        if (self.kind == "quantiles") != bool(self.quantile_levels):
            raise ValueError("quantile_levels go with kind 'quantiles', and only with it")
        if any(low >= high for low, high in pairwise(self.quantile_levels)):
            raise ValueError("quantile_levels must rise")
        return self

    @model_validator(mode="after")
    def _interval_is_among_levels(self) -> Self:
        if self.coverage is not None and None in self.interval_columns:
            raise ValueError(f"coverage {self.coverage} needs its two tails in quantile_levels")
        return self

    @property
    def interval_columns(self) -> tuple[int | None, int | None]:
        """The output columns that bound the interval; None where a bound is not an output."""
        if self.coverage is None:
            return None, None
        tail = (1 - self.coverage) / 2
        return self._column(tail), self._column(1 - tail)

    def _column(self, level: float) -> int | None:
        close = (
            at for at, quantile in enumerate(self.quantile_levels) if abs(quantile - level) < 1e-9
        )
        return next(close, None)
