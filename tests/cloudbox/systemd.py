"""A machine whose first process is systemd: units of ours run as they would on an instance."""

from pathlib import Path
from typing import Final

from cluster.waiting import wait_until
from tests.cloudbox.machine import Machine

BINARY: Final = Path("/lib/systemd/systemd")
# Nothing that this machine's distribution would start is started, only what units need to be run: some
# of it would set variables of the kernel, which are this machine's too.
BOOT: Final = f"""
printf '[Unit]\\nRequires=sysinit.target\\nAfter=sysinit.target\\n' > /etc/systemd/system/box.target
for unit in udevd udev-trigger modules-load hwdb-update binfmt sysusers remount-fs sysctl; do
    ln -sf /dev/null /etc/systemd/system/systemd-$unit.service
done
: > /etc/machine-id
exec unshare --cgroup sh -c '
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i container=box PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        {BINARY} --system --unit=box.target > /dev/null 2>&1
'
"""


def boot(machine: Machine) -> None:
    """Wait until its systemd takes orders. Raises RuntimeError with what it says of itself."""

    def state() -> str:
        return machine.run(["systemctl", "is-system-running"], check=False).stdout.strip()

    if not wait_until(lambda: state() in {"running", "degraded"}, timeout_s=60):
        raise RuntimeError(f"systemd of {machine.name} is {state() or 'not there'}")
