"""A driver on a cluster that grows: it deploys one application, loads it, and tells what came when.

Its argument is JSON; its last line is JSON: seconds after the load began, and after it ended.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from contextlib import suppress
from statistics import median

import aiohttp
import ray
from ray import serve
from ray.autoscaler.v2.sdk import get_cluster_status

WORK_S = 0.1
LOOK_S = 0.25
# A second of answers by all clients, about.
RECENT = 40


@serve.deployment
class Works:
    """Answers after a tenth of a second, four requests at a time."""

    async def __call__(self):
        await asyncio.sleep(WORK_S)
        return "done"


class Clients:
    """Clients without retries, each with one request at a time, and what became of the requests."""

    def __init__(self, port):
        self._url = f"http://127.0.0.1:{port}/"
        self.recent = deque(maxlen=RECENT)
        self.done, self.failed = 0, Counter()

    async def keep_asking(self, session, pause_s=0.0):
        while True:
            began = time.monotonic()
            try:
                async with session.get(self._url) as answer:
                    if answer.status != 200:
                        self.failed[answer.status] += 1
                    await answer.read()
            except (aiohttp.ClientError, TimeoutError) as exc:
                self.failed[type(exc).__name__] += 1
            self.done += 1
            self.recent.append(time.monotonic() - began)
            await asyncio.sleep(pause_s)


class Look:
    """What stands at one moment: running replicas, and nodes by type."""

    def __init__(self, address):
        deployment = serve.status().applications["works"].deployments["Works"]
        self.replicas = deployment.replica_states.get("RUNNING", 0)
        told = get_cluster_status(address)
        alive = [*told.active_nodes, *told.idle_nodes]
        self.nodes = Counter(node.ray_node_type_name for node in alive)


async def until(address, holds, limit_s):
    """Seconds until that holds of a look; None when it did not within the limit."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        look = await asyncio.to_thread(Look, address)
        if holds(look):
            return round(time.monotonic() - began, 1)
        await asyncio.sleep(LOOK_S)
    return None


async def grows(told, clients, session):
    """Load until answers are as fast as an idle replica gives them again; times from its begin."""
    address, pool = told["address"], told["node_type"]
    first = await asyncio.to_thread(Look, address)
    load = [asyncio.create_task(clients.keep_asking(session)) for _ in range(told["clients"])]
    began = time.monotonic()

    async def back():
        """Slow at first, then fast again."""
        slow = False
        while True:
            now = median(clients.recent) if len(clients.recent) == RECENT else 0.0
            slow = slow or now > told["slow_s"]
            if slow and now < told["slow_s"]:
                return round(time.monotonic() - began, 1)
            await asyncio.sleep(LOOK_S)

    replica, node, latency = await asyncio.gather(
        until(address, lambda look: look.replicas > first.replicas, told["limit_s"]),
        until(address, lambda look: look.nodes[pool] > first.nodes[pool], told["limit_s"]),
        asyncio.wait_for(back(), told["limit_s"]),
    )
    look = await asyncio.to_thread(Look, address)
    for client in load:
        client.cancel()
    await asyncio.gather(*load, return_exceptions=True)
    return {
        "replica_s": replica, "node_s": node, "latency_back_s": latency,
        "replicas": look.replicas, "nodes": look.nodes, "before": first.nodes,
    }  # fmt: skip


async def shrinks(told, before):
    """Times from the end of the load, while one client goes on."""
    address, pool, least = told["address"], told["node_type"], told["least"]
    replicas, node = await asyncio.gather(
        until(address, lambda look: look.replicas == least, told["limit_s"]),
        until(address, lambda look: look.nodes[pool] <= before.get(pool, 0), told["limit_s"]),
    )
    return {"drained_s": replicas, "node_gone_s": node}


async def walk(told):
    clients = Clients(told["port"])
    limit = aiohttp.ClientTimeout(total=60)
    connections = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=limit, connector=connections) as session:
        quiet = asyncio.create_task(clients.keep_asking(session, pause_s=0.1))
        found = await grows(told, clients, session)
        if told["shrinks"]:
            found |= await shrinks(told, found["before"])
        quiet.cancel()
        with suppress(asyncio.CancelledError):
            await quiet
    return found | {"requests": clients.done, "failed": clients.failed}


async def from_nothing(told):
    """One request to an application without replicas, on a pool without nodes, and back to nothing."""
    address, pool = told["address"], told["node_type"]
    before = await asyncio.to_thread(Look, address)
    limit = aiohttp.ClientTimeout(total=told["limit_s"])
    began = time.monotonic()
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.get(f"http://127.0.0.1:{told['port']}/") as answer,
    ):
        status = answer.status
    answered = round(time.monotonic() - began, 1)
    busy = await asyncio.to_thread(Look, address)
    # Work that names no pool and outlasts the node: it waits for one that it may keep.
    work = where.remote(60) if told["cpu_work"] else None
    gone = await until(address, lambda look: not look.nodes[pool], told["limit_s"])
    return {
        "status": status, "answered_s": answered, "before": [before.replicas, before.nodes],
        "busy": [busy.replicas, busy.nodes], "gone_s": gone,
        "worked_beside": work is not None and not ray.wait([work], timeout=0)[0],
        "worked_on": work and ray.get(work),
    }  # fmt: skip


@ray.remote(num_cpus=1)
def where(seconds):
    time.sleep(seconds)
    return ray.get_runtime_context().get_node_labels()


def main():
    told = json.loads(sys.argv[1])
    ray.init(address=told["address"], logging_level="ERROR", log_to_driver=False)
    # All nodes are this machine, which has the port once.
    serve.start(proxy_location="HeadOnly", http_options={"port": told["port"]})
    serve.run(Works.options(**told["options"]).bind(), name="works")
    walked = from_nothing(told) if told["least"] == 0 else walk(told)
    sys.stdout.write(json.dumps(asyncio.run(walked)))


if __name__ == "__main__":
    main()
