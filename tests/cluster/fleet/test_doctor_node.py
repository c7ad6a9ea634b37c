"""What a node tells of itself, on this machine; only the GPUs' driver is played."""

import socket
import sys

import pytest

from cluster.fleet.doctor import node

NVIDIA = """#!/bin/sh
echo "0, NVIDIA L4, 570.124.06, 23034, 417"
echo "1, NVIDIA L4, 570.124.06, 23034, 1"
"""


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """`driver(script)` is the `nvidia-smi` of this machine; None: there is none."""

    def play(script):
        if script is not None:
            (tmp_path / "nvidia-smi").write_text(script)
            (tmp_path / "nvidia-smi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return play


def test_each_gpu_is_told_with_its_driver_and_memory(driver):
    driver(NVIDIA)
    facts = node.look()
    assert [(gpu.name, gpu.driver, gpu.memory_mib, gpu.used_mib) for gpu in facts.gpus] == [
        ("NVIDIA L4", "570.124.06", 23034, 417), ("NVIDIA L4", "570.124.06", 23034, 1),
    ]  # fmt: skip
    assert facts.gpu_trouble is None


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("#!/bin/sh\necho 'Failed to initialize NVML: Unknown Error'; exit 255\n", "NVML"),
        (None, "no nvidia-smi here"),
    ],
)
def test_why_there_are_none_is_told(driver, script, told):
    driver(script)
    facts = node.look()
    assert facts.gpus == ()
    assert told in facts.gpu_trouble


def test_a_driver_that_never_answers_is_not_waited_for(driver, monkeypatch):
    driver("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(node, "_PATIENCE_S", 0.2)
    assert "no answer in 0.2 s" in node.look().gpu_trouble


def test_a_program_of_somebody_elses_on_a_laptop_is_none_of_our_business():
    with socket.create_server(("", 0)):
        facts = node.look()
    assert facts.listeners == ()
    assert facts.python == sys.version.split()[0]
    assert not facts.of_a_cluster
