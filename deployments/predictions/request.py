"""The body of `POST /v1/predictions`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deployments.http.fields import Instant, Symbols


class PredictionRequest(BaseModel):
    """`horizon` counts sessions and chooses the model where none is named.

    `as_of` cuts what the model may read; without it the newest closes are read.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    symbols: Symbols
    horizon: Annotated[int, Field(ge=1, le=1000)]
    model: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")] | None = None
    version: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")] | None = None
    as_of: Annotated[Instant, Field(strict=False)] | None = None
