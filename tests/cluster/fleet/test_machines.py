"""The tables of machines and prices."""

import gzip
import json
from pathlib import Path

import moto
import pytest

from cluster.errors import BadInput
from cluster.fleet.machines.catalogue import machine, machines, price, prices, regions

AWS = json.loads(
    gzip.decompress(
        (Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz").read_bytes()
    )
)


@pytest.mark.parametrize("name", machines())
def test_a_machine_has_the_size_that_aws_tells(name):
    ours, told = machine(name), AWS[name]

    assert ours.vcpus == told["VCpuInfo"]["DefaultVCpus"]
    assert ours.memory_mib == told["MemoryInfo"]["SizeInMiB"]
    gpus = (told.get("GpuInfo") or {}).get("Gpus", [])
    assert ours.gpus == sum(gpu["Count"] for gpu in gpus)
    assert [ours.gpu] == ([gpu["Name"] for gpu in gpus] or [""])
    assert "x86_64" in told["ProcessorInfo"]["SupportedArchitectures"]


def test_every_price_is_of_a_known_machine_dated_and_cheaper_on_spot():
    assert len(regions()) == 4
    for (name, region), told in prices().items():
        assert name in machines(), (name, region)
        assert told.source
        assert told.dated.year >= 2026
        assert told.spot is None or 0 < told.spot < told.on_demand


def test_every_machine_without_a_gpu_has_a_price_in_every_region():
    for kind in machines().values():
        if not kind.gpus:
            assert all((kind.name, region) in prices() for region in regions())


def test_what_the_tables_lack_is_refused_with_near_names_or_the_regions():
    with pytest.raises(BadInput, match=r"did you mean 'c6i\.4xlarge'"):
        machine("c6i.4xlarg")
    with pytest.raises(BadInput, match="region='mars-1': no prices; expected one of eu-central-1"):
        price("m6i.large", "mars-1")
    with pytest.raises(BadInput, match=r"no price in eu-west-1; choose another type"):
        price("g6.xlarge", "eu-west-1")
