"""What a sweep is asked to do."""

from pydantic import BaseModel, ConfigDict


class SweepRequest(BaseModel):
    """The sweep of volatility-regime over the sample equities as they stand: nothing to choose yet."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
