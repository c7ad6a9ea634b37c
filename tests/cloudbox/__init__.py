"""Machines in a box: nodes of a cluster on one machine, for tests and drills.

A machine has its own network, processes, host name and root file system. What this one has (the
interpreter, the checkout, its environment) is its image: it reads all of it at the same paths, and
keeps what it writes to itself. State of this one is left out: `/tmp`, `/run`, `/dev/shm`, `/var/tmp`,
`/var/lib/trii` and `HOME` begin empty.

    with Network() as network:                # a bridge and 254 addresses; ends all of its machines
        head = network.machine("head")
        head.run(["hostname"])                # waits: a CompletedProcess, with its text
        server = head.start([...], log=path)  # goes on: a Popen
        (head.root / "etc/motd").read_text()  # its files, seen from here
        head.cut(), head.mend()               # nobody reaches it, and again
        head.kill()                           # power off: all of it is gone at once
        network.machine("head", address=head.address, volumes={"/var/lib/trii-gcs": kept})

What listens on `network.address` here is reached by all of them; the world outside is not. A machine
ends with the process that made it, however that ends, and leaves nothing behind.

On top of them `cloud` plays AWS: moto's EC2, whose instances are machines with systemd (`systemd`),
sshd and what our image brings (`image`), on a ground as Terraform would have made it (`ground`);
`launcher` has Ray's `up`, `exec`, `submit` and `down` against it.

    with Network() as network, Cloud(network, folder, secrets={...}) as cloud:
        launcher = Launcher(cloud, folder, render(source, Ground(**cloud.ground), target="aws"))
        launcher.up()
        cloud.lose(cloud.pool("batch")[0])    # as spot is

It needs root, and the tools that `missing()` names; a module of tests says `pytestmark = NEEDED`.
"""

from tests.cloudbox.machine import NEEDED, Machine, missing
from tests.cloudbox.network import Network

__all__ = ["NEEDED", "Machine", "Network", "missing"]
