"""How a replica becomes a Serve application."""

from typing import Any

from ray import serve
from ray.serve import Application


def application(name: str, replica: Any) -> Application:
    """One deployment of that name; everything else about it stands in `serve.yaml`."""
    return serve.deployment(name=name)(replica).bind()
