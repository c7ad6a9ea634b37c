"""`/v1/models` and `/v1/models/{name}/versions`."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request, Response

from cluster.registry.entries import ModelOut, VersionOut
from cluster.registry.reader import RegistryReader
from cluster.requests.spelling import ModelName
from deployments.http.app import service
from deployments.http.envelope import Envelope, envelope
from deployments.http.identity import require
from deployments.http.params import Params, params
from deployments.http.route import make_router

router = make_router()
_GUARD = [Depends(require("models:read"))]
Registry = Annotated[RegistryReader, Depends(service(RegistryReader))]


class NamedModel(Params):
    """`/v1/models/{name}/…`."""

    name: ModelName


@router.get("/v1/models", dependencies=_GUARD, response_model=Envelope[list[ModelOut]])
async def models(request: Request, registry: Registry) -> Response:
    """Registered models with the versions that their aliases point at."""
    found = await asyncio.to_thread(registry.models)
    return envelope(request, [model.model_dump() for model in found])


@router.get(
    "/v1/models/{name}/versions",
    dependencies=_GUARD,
    response_model=Envelope[list[VersionOut]],
)
async def versions(
    request: Request, registry: Registry, asked: Annotated[NamedModel, Depends(params(NamedModel))]
) -> Response:
    """Versions of a model, newest first, with metrics, gates and what each learned from."""
    found = await asyncio.to_thread(registry.versions, asked.name)
    return envelope(request, [version.model_dump() for version in found])
