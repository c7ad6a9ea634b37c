"""Ray on a machine as its units start it, where there is no systemd to do so and no cloud to buy of."""

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cluster.fleet.render.commands import NETWORK, NODE_SCRIPTS
from tests.cloudbox.machine import ROOT, Machine

NODE: Final = ROOT / "infra/node"
_BOUGHT: Final = ' --autoscaling-config="$TRII_AUTOSCALING_CONFIG"'


def head_script() -> str:
    """`ray-head` without the autoscaler, which could buy nothing."""
    script = (NODE / "ray-head").read_text()
    assert _BOUGHT in script
    return script.replace(_BOUGHT, "")


def node_command(environment: Mapping[str, str]) -> list[str]:
    """What a worker's unit runs, with this environment in place of the unit's."""
    unit = (NODE / "trii-ray-node.service").read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    return shlex.split(re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], line))


def bring(machine: Machine) -> None:
    """The programs and scripts that an image brings, the head's as above."""
    for path in NODE.iterdir():
        write(machine, NODE_SCRIPTS / path.name, path.read_text())
    write(machine, NODE_SCRIPTS / "ray-head", head_script())
    write(machine, Path(NETWORK.haproxy_binary), (ROOT / "cluster/fleet/haproxy.sh").read_text())
    # All of it: Python looks for its environment beside the folder of its own link.
    machine.run(["ln", "-sfn", "-t", "/opt/trii", *sorted(Path(sys.prefix).iterdir())])


def write(machine: Machine, path: Path, text: str) -> None:
    """A file of a machine, executable."""
    # By the machine itself: seen from here, a link of its own would lead into this one's files.
    script = 'install -D -m 0755 /dev/null "$0" && cat > "$0"'
    machine.run(["sh", "-c", script, path], stdin=text)
