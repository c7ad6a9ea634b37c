"""What a training is asked to do."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cluster.requests.faults import bad_input


def _trainable(name: object) -> object:
    """Pydantic's own message would not say why."""
    if name != "volatility-regime":
        message = "model: expected volatility-regime, the only one that is trained today"
        raise PydanticCustomError("model", message)
    return name


Model = Annotated[Literal["volatility-regime"], BeforeValidator(_trainable)]
Units = Annotated[int, Field(ge=1, le=256)]
# JSON and argument lists have no tuples: the container is lax, what it holds is not.
Hidden = Annotated[tuple[Units, ...], Field(min_length=1, max_length=4, strict=False)]


class TrainRequest(BaseModel):
    """One network of a model, trained on the sample equities as they stand.

    The defaults are the first configuration of the sweep's space, and the one that it chooses on
    today's sample. A step shrinks every weight by `learning_rate` times `weight_decay`, which the
    bounds keep from turning its sign.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    model: Model = Field(default="volatility-regime", description="Model to train.")
    hidden: Hidden = Field(
        default=(64, 32), description="Units of each hidden layer, from the first to the last."
    )
    learning_rate: float = Field(
        default=3e-3, ge=1e-6, le=0.1, allow_inf_nan=False, description="Learning rate of AdamW."
    )
    weight_decay: float = Field(
        default=1.0, ge=0, le=10, allow_inf_nan=False, description="Weight decay of AdamW."
    )
    epochs: int = Field(default=8, ge=1, le=100, description="Passes over the rows.")
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


def parse_train(data: Mapping[str, object]) -> TrainRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return TrainRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("train", exc) from exc
