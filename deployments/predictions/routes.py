"""`POST /v1/predictions`."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cluster.registry.manifest import Kind
from deployments.http.documents import PROBLEMS
from deployments.http.envelope import Envelope, envelope
from deployments.http.fields import Instant, Symbols
from deployments.http.identity import require
from deployments.http.route import make_router
from deployments.http.services import service
from deployments.predictions.engine import Engine

ENDPOINT = "/v1/predictions"


class PredictionRequest(BaseModel):
    """What is asked. Without `model` the one of this horizon answers."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    symbols: Symbols
    horizon: int = Field(ge=1, le=252, description="Sessions ahead")
    model: str | None = Field(None, pattern=r"^[a-z][a-z0-9-]{0,62}$")
    version: str | None = Field(None, pattern=r"^[1-9][0-9]{0,8}$")
    as_of: Annotated[Instant, Field(strict=False)] | None = Field(
        None, description="Answer from what was known then"
    )


class IntervalOut(BaseModel):
    """A range that holds the outcome with probability `coverage`."""

    lower: float
    upper: float
    coverage: float


class ModelOut(BaseModel):
    """The version that answered."""

    name: str
    version: str
    alias: str


class PredictionOut(BaseModel):
    """One answer. `value` is the probability of `above`, or the median log return."""

    symbol: str
    kind: Kind
    horizon: int
    feature_as_of: datetime = Field(description="When the newest close it read was known")
    outcome_at: datetime = Field(description="The close that decides it")
    value: float
    quantiles: dict[str, float] | None
    probabilities: dict[str, float] | None
    interval: IntervalOut | None
    model: ModelOut
    degraded: bool = Field(description="Computed from older data than the last closed session")
    in_sample: bool = Field(description="The model was trained on these closes")
    synthetic: bool = Field(description="The instrument is made up")


router = make_router()
Service = Annotated[Engine, Depends(service(Engine))]


@router.post(
    ENDPOINT,
    dependencies=[Depends(require("predictions:read"))],
    responses=PROBLEMS,
    response_model=Envelope[list[PredictionOut]],
)
async def predict(request: Request, engine: Service, asked: PredictionRequest) -> Response:
    """Predict returns (horizon 5) or the volatility regime (horizon 21) of some symbols."""
    symbols = list(dict.fromkeys(asked.symbols))
    model, answers = engine.predict(
        symbols,
        horizon=asked.horizon,
        name=asked.model,
        version=asked.version,
        as_of=asked.as_of,
    )
    return envelope(request, answers, headers={"X-Model-Version": model.key})
