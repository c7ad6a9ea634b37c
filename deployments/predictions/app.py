"""The application as Serve builds it (`import_path: deployments.predictions.app:build`)."""

import asyncio
from typing import Any

from ray import serve
from ray.serve import Application
from starlette.types import ASGIApp

from cluster import logs
from cluster.clock import utc_now
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from deployments.predictions.asgi import make_predictions
from deployments.predictions.models import ServingConfig
from deployments.predictions.predictor import Predictor
from deployments.serving import application


class Predictions:
    """A replica: holds the models that `user_config` names and changes them in place."""

    def __init__(self) -> None:
        settings = load_settings()
        logs.configure(service="predictions", level=settings.log_level, console=False)
        self._predictor = Predictor(Lake(settings.lake_url), clock=utc_now)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """Serve's own hook: the application of this replica."""
        return make_predictions(self._predictor)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Serve other versions; requests go on being answered by those before.

        Called before the replica takes requests, too: it is ready when everything is computed.
        """
        config = ServingConfig.model_validate(user_config)
        await asyncio.to_thread(self._predictor.serve, config.models)


def build(_args: dict[str, str]) -> Application:
    """One deployment; `serve.yaml` says how it runs."""
    return application("Predictions", serve.ingress()(Predictions))
