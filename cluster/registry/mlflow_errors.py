"""MLflow's failures as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException

from cluster.errors import NotFound, StoreError

_MISSING = "RESOURCE_DOES_NOT_EXIST"


@contextmanager
def talking(what: str) -> Iterator[None]:
    """Failures of MLflow as ours: NotFound for a name it does not know, else StoreError."""
    try:
        yield
    except MlflowException as exc:
        detail = str(exc).strip().splitlines()[0]
        if exc.error_code == _MISSING:
            raise NotFound(f"{what}: {detail}") from exc
        raise StoreError(f"MLflow, {what}: {detail}") from exc
