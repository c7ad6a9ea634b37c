"""A driver that asks a cluster for tasks, as a list tells, and watches its nodes until they are gone.

Its last line is JSON: `[seconds, nodes by type]` at each change since the tasks were asked for.
"""

import json
import sys
import time
from collections import Counter

import ray
from ray.autoscaler.v2.sdk import get_cluster_status

LOOK_S = 0.25


@ray.remote
def works(seconds):
    time.sleep(seconds)


def joined(address, types):
    told = get_cluster_status(address)
    found = Counter(node.ray_node_type_name for node in [*told.active_nodes, *told.idle_nodes])
    return {name: found[name] for name in types if found[name]}


def main():
    address, types, demands, limit_s = json.loads(sys.argv[1])
    ray.init(address=address, logging_level="ERROR", log_to_driver=False)
    asked = [
        works.options(**options).remote(seconds)
        for options, tasks, seconds in demands
        for _ in range(tasks)
    ]
    began = time.monotonic()
    seen = [(0.0, joined(address, types))]
    done = False
    while time.monotonic() - began < limit_s and not (done and not seen[-1][1]):
        done = done or not ray.wait(asked, num_returns=len(asked), timeout=0)[1]
        if (now := joined(address, types)) != seen[-1][1]:
            seen.append((round(time.monotonic() - began, 1), now))
        time.sleep(LOOK_S)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
