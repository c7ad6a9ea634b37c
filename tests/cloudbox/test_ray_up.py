"""A cluster as `trii cluster render` writes it, brought up by Ray's own launcher in a cloud in a box."""

import time
from contextlib import contextmanager

import httpx
import pytest
from pydantic import SecretStr

from cluster.clock import utc_now
from cluster.desired.store import Desired
from cluster.fleet.render.rendering import render
from cluster.fleet.source import reading
from cluster.fleet.source.ground import Ground
from cluster.security import keys
from cluster.security.local import issue_local
from cluster.settings import load_settings
from cluster.waiting import wait_until
from deployments import serve_rest
from deployments.render import render as serve_document
from tests.cloudbox import Network
from tests.cloudbox.cloud import Cloud, missing
from tests.cloudbox.launcher import Launcher
from tests.servers import PASSWORD, ValkeyServer

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing())]
RAY_TOKEN = "ab" * 32
IDLE_S = 30
SERVING = ("quotes", "live")
# What a driver on the head runs: nothing of it is on the nodes that it asks for.
ON_A_GPU = """
import ray, socket
ray.init()

@ray.remote(num_cpus=0, num_gpus=1)
def where():
    return socket.gethostname(), ray.get_gpu_ids()

print("ran on", *ray.get(where.remote()))
"""
KEPT_ON_SPOT = """
import ray, socket
ray.init(namespace="box")

@ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1,
            label_selector={"trii/pool-batch": "true"})
class Kept:
    def where(self):
        return socket.gethostname()

kept = Kept.options(name="kept", lifetime="detached", get_if_exists=True).remote()
print("kept on", ray.get(kept.where.remote()))
"""


class Box:
    """A cloud, the cluster in it, and the settings by which this machine reaches that."""

    def __init__(self, cloud, folder, redis):
        self.cloud, self.folder = cloud, folder
        reached = {
            "TRII_HOST": "trii.internal",
            "TRII_LAKE_URL": "s3://trii/lake",
            "TRII_S3_ENDPOINT": cloud.endpoint,
            "TRII_REDIS_HOST": redis.host,
            "TRII_REDIS_PORT": str(redis.port),
        }
        ground = Ground.model_validate(cloud.ground | {"settings": reached})
        source = reading.cluster_source("dev")
        # As it is rendered for everybody, with less patience.
        pools = {
            name: pool.model_copy(update={"idle_s": IDLE_S}) for name, pool in source.pools.items()
        }
        text = render(source.model_copy(update={"pools": pools}), ground, target="aws")
        self.launcher = Launcher(cloud, folder, text)
        self.settings = load_settings(folder / "home").model_copy(
            update={
                "ray_host": str(ground.head.private_ip),
                "ray_auth_token": SecretStr(RAY_TOKEN),
                "listen_host": "0.0.0.0",
            }
        )

    def submit(self, name, script):
        file = self.folder / name
        file.write_text(script)
        return self.launcher.submit(file)

    def nodes(self, pool):
        """How many nodes of a pool Ray has."""
        with serve_rest.client(self.settings) as dashboard:
            told = dashboard.get("/api/v0/nodes", params={"detail": 1}).json()
        nodes = told["data"]["result"]["result"]
        return sum(
            node["state"] == "ALIVE" and f"trii/pool-{pool}" in node["labels"] for node in nodes
        )

    def journals(self):
        """What the units of every machine said last, for whoever reads of a failure."""
        asked = ["journalctl", "--no-pager", "--lines=40", "--unit=trii-*"]
        return "\n".join(
            machine.run(asked, check=False).stdout for machine in self.cloud.machines.values()
        )


@contextmanager
def timed(step):
    begun = time.monotonic()
    yield
    print(f"{step}: {time.monotonic() - begun:.1f} s")


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("box")
    keys.generate(folder / "home/secrets")
    public = (folder / "home/secrets" / keys.PUBLIC_NAME).read_text()
    secrets = {"ray_auth_token": RAY_TOKEN, "redis_password": PASSWORD, "token_public": public}
    with Network() as network, Cloud(network, folder, secrets=secrets) as cloud:
        cloud.client("s3").create_bucket(
            Bucket="trii", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        redis = ValkeyServer(folder, network.address)
        redis.start()
        made = Box(cloud, folder, redis)
        try:
            yield made
        finally:
            print(made.journals())
            redis.stop()


def test_ray_up_brings_up_the_head_and_the_nodes_that_always_run(box):
    box.launcher.up()
    with timed("first node of serve"):
        assert wait_until(lambda: box.nodes("serve"), timeout_s=180, every_s=0.5)
    assert "1 serve-m6i.xlarge" in box.launcher.exec("ray status")
    assert [len(box.cloud.pool(name)) for name in ("head", "serve", "batch")] == [1, 1, 0]


def test_applications_of_the_platform_answer_on_a_node_of_serve(box):
    wanted = Desired({name: {} for name in SERVING}, [], 1)
    with timed("first quote"), serve_rest.client(box.settings) as serve:
        serve_rest.put(serve, serve_document(wanted, box.settings, now=utc_now()))
        node = box.cloud.machines[box.cloud.pool("serve")[0]]
        token = issue_local(box.settings, role="viewer", clock=utc_now)
        url = f"http://{node.address}:{box.settings.api_port}/v1/quotes/SYN001"

        def answer():
            try:
                return httpx.get(
                    url, headers={"Authorization": f"Bearer {token}"}, timeout=5, trust_env=False
                )
            except httpx.TransportError:
                return None

        assert wait_until(
            lambda: getattr(answer(), "status_code", 0) == httpx.codes.OK,
            timeout_s=180,
            every_s=0.5,
        ), (answer(), serve_rest.states(serve))
    assert answer().json()["data"]["symbol"] == "SYN001"
    assert httpx.get(url, trust_env=False).status_code == httpx.codes.UNAUTHORIZED


def test_the_gpu_pool_grows_from_nothing_for_a_task_and_shrinks_when_idle(box):
    assert not box.cloud.pool("gpu-spot")
    with timed("task on a GPU, from no node"):
        told = box.submit("gpu.py", ON_A_GPU)
    [instance] = box.cloud.pool("gpu-spot")
    assert f"ran on {instance} [0]" in told
    with timed(f"node gone, idle for {IDLE_S} s"):
        assert wait_until(lambda: not box.cloud.pool("gpu-spot"), timeout_s=150)
    assert instance not in box.cloud.machines


def test_a_spot_node_that_is_lost_is_replaced_and_what_ran_there_goes_on(box):
    with timed("actor on batch, from no node"):
        told = box.submit("kept.py", KEPT_ON_SPOT)
    [lost] = box.cloud.pool("batch")
    assert f"kept on {lost}" in told
    with timed("actor on a node in its place"):
        box.cloud.lose(lost)
        told = box.submit("kept.py", KEPT_ON_SPOT)
    [instance] = box.cloud.pool("batch")
    assert instance != lost
    assert f"kept on {instance}" in told


def test_ray_down_leaves_nothing(box):
    box.launcher.down()
    assert wait_until(lambda: not box.cloud.machines, timeout_s=60)
    told = box.cloud.client("ec2").describe_instances()["Reservations"]
    assert {one["State"]["Name"] for entry in told for one in entry["Instances"]} == {"terminated"}
