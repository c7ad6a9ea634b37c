"""`POST /v1/predictions`."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from deployments.http.app import service
from deployments.http.documents import header
from deployments.http.envelope import envelope
from deployments.http.identity import require
from deployments.http.partial import PartialEnvelope, beside
from deployments.http.route import make_router
from deployments.predictions.models import PredictionRequest
from deployments.predictions.predictor import Predictor

router = make_router()


class IntervalOut(BaseModel):
    """A range that holds the outcome with probability `coverage`."""

    lower: float
    upper: float
    coverage: float


class ModelRef(BaseModel):
    """The version that answered."""

    name: str
    version: str
    alias: str


class PredictionOut(BaseModel):
    """One prediction.

    `value` is the probability of "above" (kind `probability`) or the median log return (kind
    `quantiles`).
    """

    symbol: str
    instrument_id: str
    kind: Literal["probability", "quantiles"]
    horizon: int = Field(description="sessions")
    feature_as_of: datetime = Field(description="the close that was the last one read")
    outcome_at: datetime = Field(description="when the outcome will be known")
    value: float
    interval: IntervalOut | None
    probabilities: dict[str, float] | None = None
    quantiles: dict[str, float] | None = None
    model: ModelRef
    degraded: bool = Field(description="a later session has closed than the last one read")
    in_sample: bool = Field(description="training has seen this instrument at that session")


@router.post(
    "/v1/predictions",
    dependencies=[Depends(require("predictions:read"))],
    responses={200: {"headers": {"x-model-version": header("The model's name and version")}}},
    response_model=PartialEnvelope[list[PredictionOut]],
)
async def predict(
    request: Request,
    asked: PredictionRequest,
    predictor: Annotated[Predictor, Depends(service(Predictor))],
) -> Response:
    """Predictions of one model for up to 100 symbols, in the order asked for."""
    reply = predictor.ready(asked)
    if reply is None:
        reply = await asyncio.to_thread(predictor.compute, asked)
    headers = {"x-model-version": reply.model}
    return envelope(request, reply.items, headers=headers, about=beside(reply.problems))
