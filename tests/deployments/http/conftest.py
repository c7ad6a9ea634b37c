"""A small application of the toolkit, asked without a server."""

import asyncio

import httpx
import pytest

from deployments.http.app import make_app


@pytest.fixture
def asking():
    """`asking(router)` is a function that asks the routes: `ask(path, headers=…)` is the response.

    A plain function, so that a property may ask again and again.
    """

    def serve(router):
        transport = httpx.ASGITransport(make_app("small", router), raise_app_exceptions=False)

        async def get(path, options):
            async with httpx.AsyncClient(transport=transport, base_url="http://trii") as client:
                return await client.get(path, **options)

        return lambda path, **options: asyncio.run(get(path, options))

    return serve
