"""A driver: a deployment that keeps a latency, through Prometheus coming, going and coming back.

Its argument is JSON; its last line is JSON: how many replicas there were after each part.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import ray
from ray import serve

from cluster.settings import load_settings
from deployments.scaling.goals import scaled

LOOK_S = 0.5
CLIENTS = 12


@serve.deployment
class Works:
    """One request at a time takes 20 ms: what clients wait for rises with their number."""

    def __init__(self):
        self._one = asyncio.Semaphore(1)

    async def __call__(self):
        async with self._one:
            await asyncio.sleep(0.02)
        return "done"


class Prometheus:
    """It scrapes one node of Ray, each second."""

    def __init__(self, folder, port, target):
        rules = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "ray", "static_configs": [{"targets": [target]}]}],
        }
        file = Path(folder) / "prometheus.yml"
        file.write_text(json.dumps(rules))
        self._command = [
            "prometheus", f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}",
            f"--storage.tsdb.path={folder}/data",
        ]  # fmt: skip
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def replicas():
    deployment = serve.status().applications["works"].deployments["Quotes"]
    return deployment.replica_states.get("RUNNING", 0)


async def comes_to(wanted, limit_s):
    """Replicas when they are that many, else those after the limit."""
    end = time.monotonic() + limit_s
    while (found := await asyncio.to_thread(replicas)) != wanted and time.monotonic() < end:
        await asyncio.sleep(LOOK_S)
    return found


async def keep_asking(session, url):
    while True:
        async with session.get(url) as answer:
            await answer.read()


async def walk(told, prometheus):
    url, seen = f"http://127.0.0.1:{told['port']}/", {}
    async with aiohttp.ClientSession() as session:
        load = [asyncio.create_task(keep_asking(session, url)) for _ in range(CLIENTS)]
        seen["without"] = await comes_to(2, told["holds_s"])
        with prometheus:
            seen["with"] = await comes_to(3, told["limit_s"])
        for client in load:
            client.cancel()
        for client in load:
            with suppress(asyncio.CancelledError):
                await client
        seen["gone"] = await comes_to(2, told["holds_s"])
        with prometheus:
            seen["back"] = await comes_to(1, told["limit_s"])
    return seen


def main():
    told = json.loads(sys.argv[1])
    ray.init(address=told["address"], logging_level="ERROR", log_to_driver=False)
    serve.start(proxy_location="HeadOnly", http_options={"port": told["port"]})
    settings = load_settings(Path(told["folder"]))
    scaling = scaled("works", {"name": "Quotes", "num_replicas": 1}, settings)["autoscaling_config"]
    # As the settings have it, but that a test waits for no two minutes.
    options = {"autoscaling_config": scaling | {"downscale_delay_s": 2}, "max_ongoing_requests": 50}
    serve.run(Works.options(name="Quotes", **options).bind(), name="works")
    prometheus = Prometheus(told["folder"], told["prometheus_port"], told["target"])
    sys.stdout.write(json.dumps(asyncio.run(walk(told, prometheus))))


if __name__ == "__main__":
    main()
