"""What a training is asked to do."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cluster.requests.faults import bad_input
from cluster.requests.space import Epochs, Hidden, LearningRate, WeightDecay
from cluster.requests.universe import Members, Universe


def _trainable(name: object) -> object:
    """Pydantic's own message would not say why."""
    if name != "volatility-regime":
        message = "model: expected volatility-regime, the only one that is trained today"
        raise PydanticCustomError("model", message)
    return name


Model = Annotated[Literal["volatility-regime"], BeforeValidator(_trainable)]


class TrainingRequest(BaseModel):
    """What a training and a sweep have in common."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    model: Model = Field(default="volatility-regime", description="Model to train.")
    universe: Universe | None = Field(
        default=None,
        description="Universe to learn from: a dataset such as sample, some of it such as "
        "mine:AAPL,MSFT, or a stored universe; by default, without members, the platform's.",
    )
    members: Members = Field(
        default=(),
        description="Instruments that it is narrowed to, or without a universe those to learn from: "
        "symbols, or with their dataset such as mine:AAPL.",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**32,
        description="Seed of everything drawn at random; by default the platform's.",
    )
    promote: bool = Field(
        default=True,
        description="Let the version serve if its gates hold; else it is a challenger at most.",
    )


class TrainRequest(TrainingRequest):
    """One network of a model, trained on a universe as it stands.

    The defaults are the first configuration of a sweep's usual space, and the one that it chooses on
    today's sample. A step shrinks every weight by `learning_rate` times `weight_decay`, which the
    bounds keep from turning its sign.
    """

    hidden: Hidden = Field(
        default=(64, 32), description="Units of each hidden layer, from the first to the last."
    )
    learning_rate: LearningRate = Field(default=3e-3, description="Learning rate of AdamW.")
    weight_decay: WeightDecay = Field(default=1.0, description="Weight decay of AdamW.")
    epochs: Epochs = Field(default=8, description="Passes over the rows.")


def parse_train(data: Mapping[str, object]) -> TrainRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return TrainRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("train", exc) from exc
