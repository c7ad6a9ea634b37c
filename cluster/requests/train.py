"""What a training is asked to do."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cluster.requests.faults import bad_input

TRAIN_CPUS: Final = 1.0  # its driver waits for nobody: it does all the work itself


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

    `hidden` are the units of each hidden layer, from the first to the last; `learning_rate` and
    `weight_decay` are AdamW's (a step shrinks every weight by their product, which the bounds keep
    from turning its sign); `epochs` passes over the rows. The defaults are the first configuration
    of the sweep's space, and the one that it chooses on today's sample. `seed` is the platform's
    where None. Without `promote` the version becomes a challenger at most, and what serves is left
    alone whatever its gates say.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    model: Model = "volatility-regime"
    hidden: Hidden = (64, 32)
    learning_rate: float = Field(default=3e-3, ge=1e-6, le=0.1, allow_inf_nan=False)
    weight_decay: float = Field(default=1.0, ge=0, le=10, allow_inf_nan=False)
    epochs: int = Field(default=8, ge=1, le=100)
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    promote: bool = True


def parse_train(data: Mapping[str, object]) -> TrainRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return TrainRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("train", exc) from exc
