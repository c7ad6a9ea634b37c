"""A Serve application for tests alone: says which process and which version answered."""

import asyncio
import os

from fastapi import Request
from ray import serve

from deployments.http.app import make_app

http = make_app("probe")


@serve.deployment
@serve.ingress(http)
class Probe:
    def __init__(self) -> None:
        self.greeting = "none"

    def reconfigure(self, config: dict) -> None:
        self.greeting = config.get("greeting", "none")

    @http.get("/")
    async def where(self) -> dict:
        version = os.environ.get("PROBE_VERSION", "1")
        return {"pid": os.getpid(), "version": version, "greeting": self.greeting}

    @http.get("/slow")
    async def slow(self, seconds: float) -> dict:
        await asyncio.sleep(seconds)
        return {"slept": seconds}

    @http.get("/crash")
    async def crash(self) -> dict:
        raise RuntimeError("a secret of the code")

    @http.post("/echo")
    async def echo(self, request: Request) -> dict:
        return {"bytes": len(await request.body())}


application = Probe.bind()
