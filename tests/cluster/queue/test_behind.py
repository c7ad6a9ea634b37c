import subprocess
import sys

BOTH = """
import os, threading
from pathlib import Path
from cluster.queue.behind import go_behind
os.setpriority(os.PRIO_PROCESS, 0, {begins_at})
waiting = threading.Event()
threading.Thread(target=waiting.wait, daemon=True).start()
go_behind()
print(sorted(os.getpriority(os.PRIO_PROCESS, int(t.name)) for t in Path("/proc/self/task").iterdir()))
"""


def niceness(*, begins_at):
    code = BOTH.format(begins_at=begins_at)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_worker_steps_back_with_all_its_threads():
    assert niceness(begins_at=0) == "[10, 10]"


def test_one_that_is_further_back_stays_there():
    assert niceness(begins_at=15) == "[15, 15]"
