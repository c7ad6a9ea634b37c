"""Machines of one's own by Ray's `local` provider: brought up, worked on and ended by the launcher."""

import subprocess
from types import SimpleNamespace

import httpx
import pytest
import yaml

from cluster.waiting import wait_until
from tests.cloudbox import Network, image, machine, systemd
from tests.cloudbox.launcher import Launcher

missing = machine.missing() or image.missing()
pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing), reason=missing)]
TOKEN = "cd" * 32
# Ray's second autoscaler never starts the workers of this provider.
FIRST_AUTOSCALER = {"RAY_UP_enable_autoscaler_v2": "0"}
# What an owner's machines give to a shell; `ray down` asks there for Ray, too.
SHELL = f"""
export PATH=/opt/trii/bin:$PATH
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN={TOKEN} RAY_USAGE_STATS_ENABLED=0
"""
WHERE = """
import ray, socket
ray.init(address="auto")

@ray.remote(num_cpus=1, label_selector={"trii/pool-batch": "true"})
def where():
    return socket.gethostname()

print("ran on", ray.get(where.remote()))
"""


def document(head, workers, key):
    return {
        "cluster_name": "own",
        "max_workers": len(workers),
        "provider": {"type": "local", "head_ip": head, "worker_ips": workers},
        "auth": {"ssh_user": image.USER, "ssh_private_key": str(key)},
        "setup_commands": [],
        "head_setup_commands": [],
        "worker_setup_commands": [],
        "initialization_commands": [],
        # No `ray stop` in front, which the defaults have.
        "head_start_ray_commands": [
            f"ray start --head --port=6379 --node-ip-address={head} --num-cpus=0 "
            f"--dashboard-host={head} --autoscaling-config=~/ray_bootstrap_config.yaml"
        ],
        "worker_start_ray_commands": [
            "ray start --address=$RAY_HEAD_IP:6379 --num-cpus=2 "
            "--labels=trii/pool-batch=true,trii/market=on-demand"
        ],
    }


class Own:
    """Three machines that somebody has, and the launcher's file of them."""

    def __init__(self, network, folder):
        key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        names = ("head", "one", "two")
        self.machines = {name: network.machine(name, first=systemd.BOOT) for name in names}
        for found in self.machines.values():
            systemd.boot(found)
            image.bake(found, environment={})
            (found.root / "etc/profile.d/own.sh").write_text(SHELL)
            image.let_in(found, key.with_suffix(".pub").read_text())
        head, *workers = [found.address for found in self.machines.values()]
        text = yaml.safe_dump(document(head, workers, key))
        self.launcher = Launcher(SimpleNamespace(environment=FIRST_AUTOSCALER), folder, text)

    def nodes(self):
        """The names of the machines whose nodes Ray calls alive."""
        head = self.machines["head"].address
        try:
            told = httpx.get(
                f"http://{head}:8265/api/v0/nodes",
                headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10, trust_env=False,
            ).json()  # fmt: skip
        except (httpx.TransportError, ValueError):
            return set()
        nodes = told["data"]["result"]["result"]
        alive = {node["node_ip"] for node in nodes if node["state"] == "ALIVE"}
        return {name for name, found in self.machines.items() if found.address in alive}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with Network() as network:
        yield Own(network, tmp_path_factory.mktemp("own"))


def test_machines_of_ones_own_become_a_cluster_that_works_and_ends(own, tmp_path):
    own.launcher.up()
    assert wait_until(lambda: own.nodes() == {"head", "one", "two"}, timeout_s=180, every_s=1)

    script = tmp_path / "where.py"
    script.write_text(WHERE)
    assert "Active" in own.launcher.exec("ray status")
    told = own.launcher.submit(script)
    assert "ran on one" in told or "ran on two" in told

    own.machines["two"].kill()
    assert wait_until(lambda: own.nodes() == {"head", "one"}, timeout_s=120, every_s=1)
    assert "ran on one" in own.launcher.submit(script)

    # It ends the head's Ray alone: a worker's goes when it has missed its head for long enough.
    own.launcher.down()
    assert own.machines["one"].run(["pgrep", "-x", "raylet"], check=False).returncode == 0
    assert wait_until(lambda: own.nodes() == set(), timeout_s=60)
