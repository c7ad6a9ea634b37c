"""What a baked machine image has beside this machine's own root: users, units and scripts of a node."""

import sys
from pathlib import Path
from typing import Final

from tests.cloudbox.machine import ROOT, Machine

TOOLS: Final = {
    "/usr/sbin/sshd": "openssh-server",
    "/usr/bin/ssh": "openssh-client",
    "/usr/bin/rsync": "rsync",
    "/usr/bin/sudo": "sudo",
    "/usr/sbin/mkfs.xfs": "xfsprogs",
    "/lib/systemd/systemd": "systemd",
}
USER: Final = "ubuntu"  # who logs in
_BAKE: Final = f"""
set -eu
useradd --system --create-home --shell /usr/sbin/nologin trii
id -u {USER} > /dev/null 2>&1 || useradd --create-home --shell /bin/bash {USER}
usermod -p '*' -aG trii {USER}
echo '{USER} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/{USER}
chmod 0440 /etc/sudoers.d/{USER}
chmod a+x /root # the interpreter may be below
install -d -o trii -g trii /var/lib/trii
install -d -o {USER} -m 0700 /home/{USER}/.ssh
install -d /run/sshd /opt/trii/node
ln -s {sys.prefix}/bin {sys.prefix}/lib {sys.prefix}/pyvenv.cfg /opt/trii/
cp {ROOT}/infra/node/* /opt/trii/node/
cp {ROOT}/cluster/fleet/haproxy.sh /opt/trii/node/haproxy
chmod 0755 /opt/trii/node/haproxy
cp {ROOT}/infra/node/*.service /etc/systemd/system/
cp {ROOT}/infra/node/trii-shell.sh /etc/profile.d/
printf '#!/bin/sh\\nexec {sys.executable} {ROOT}/tests/cloudbox/aws.py "$@"\\n' > /usr/local/bin/aws
chmod 0755 /usr/local/bin/aws
sysctl -q -p {ROOT}/infra/node/90-trii.conf
"""
_SSHD: Final = ("UsePAM=no", "PidFile=none", "PermitRootLogin=no", "PasswordAuthentication=no")


def missing() -> str:
    absent = {package for tool, package in TOOLS.items() if not Path(tool).exists()}
    return f"instances in a box need {', '.join(sorted(absent))}: apt-get install them" * bool(
        absent
    )


def bake(machine: Machine, *, environment: dict[str, str]) -> None:
    """Make a booted machine what an instance of our image is.

    `environment`: what every process of it is given beside its own, as where the cloud answers.
    """
    machine.run(["sh", "-c", _BAKE])
    given = " ".join(f'"{name}={value}"' for name, value in environment.items())
    (machine.root / "etc/systemd/system.conf.d").mkdir(exist_ok=True)
    config = f"[Manager]\nDefaultEnvironment={given}\n"
    (machine.root / "etc/systemd/system.conf.d/box.conf").write_text(config)
    lines = "".join(f"export {name}={value}\n" for name, value in environment.items())
    (machine.root / "etc/profile.d/box.sh").write_text(lines)
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "enable", "trii-steering.service", "trii-notice.service"])


def play_driver(machine: Machine) -> None:
    """A driver that shows one GPU, for whoever asks; nothing computes on it."""
    shown = machine.root / "usr/local/bin/nvidia-smi"
    shown.write_text("#!/bin/sh\necho GPU-played\n")
    shown.chmod(0o755)


def let_in(machine: Machine, public_key: str) -> None:
    """Let whoever has the private key log in."""
    keys = machine.root / f"home/{USER}/.ssh/authorized_keys"
    keys.write_text(public_key)
    machine.run(["chown", USER, f"/home/{USER}/.ssh/authorized_keys"])
    machine.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/box"])
    options = [word for option in _SSHD for word in ("-o", option)]
    machine.start(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", "/etc/ssh/box", *options])
