"""Reading a cluster's source and its ground from files; what is wrong is named by its place."""

import json
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from cluster.errors import BadInput, Fault
from cluster.fleet.source.cluster import ClusterSource, Environment
from cluster.fleet.source.ground import Ground

M = TypeVar("M", bound=BaseModel)
EXAMPLE_GROUND = "ground.example.json"


def cluster_source(environment: str, *, name: str | None = None) -> ClusterSource:
    """The source of an environment; `name` is another cluster's of it.

    Raises BadInput for an environment that there is not, and for what is no name of a cluster.
    """
    known = get_args(Environment)
    if environment not in known:
        raise BadInput(f"environment={environment!r}: expected one of {', '.join(known)}")
    told = yaml.safe_load(_ours(f"{environment}.yaml"))
    return _checked(ClusterSource, told | ({"name": name} if name else {}), environment)


def ground(path: Path | None) -> Ground:
    """The ground that a file of Terraform's outputs describes; the example without a file.

    Raises BadInput when the file can't be read or lacks something.
    """
    if path is None:
        return _checked(Ground, _values(json.loads(_ours(EXAMPLE_GROUND))), EXAMPLE_GROUND)
    try:
        told = json.loads(path.read_text())
    except OSError as exc:
        raise BadInput(f"{path}: can't be read ({exc.strerror})") from exc
    except ValueError as exc:
        raise BadInput(f"{path}: not JSON; give what `terraform output -json` prints") from exc
    if not isinstance(told, dict):
        raise BadInput(f"{path}: not an object; give what `terraform output -json` prints")
    return _checked(Ground, _values(told), str(path))


def _values(told: dict[str, Any]) -> dict[str, Any]:
    """Each output's value, whether Terraform wrapped it or not."""
    return {
        name: output["value"] if isinstance(output, dict) and "value" in output else output
        for name, output in told.items()
    }


def _checked(model: type[M], told: Any, where: str) -> M:
    try:
        return model.model_validate(told)
    except ValidationError as exc:
        faults = [
            Fault(".".join(map(str, error["loc"])) or "file", error["msg"], error["type"])
            for error in exc.errors(include_input=False)
        ]
        first = faults[0]
        raise BadInput(f"{where}: {first.loc}: {first.msg}", faults=faults) from exc


def _ours(name: str) -> str:
    return (resources.files("cluster.fleet.source") / name).read_text()
