"""A RayCluster for KubeRay: its pods are what Kubernetes takes, for the Ray that is installed."""

from importlib.metadata import version

import kubernetes_validate
import pytest
import yaml

from cluster.fleet.render.rendering import render
from cluster.fleet.source import reading

KUBERNETES = "1.37"


def spec(environment):
    source = reading.cluster_source(environment)
    return yaml.safe_load(render(source, reading.ground(None), target="kuberay"))["spec"]


def pods(environment):
    """Each group's template as the pod that KubeRay would make of it."""
    told = spec(environment)
    for group in (told["headGroupSpec"], *told["workerGroupSpecs"]):
        name = group.get("groupName", "head")
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, **group["template"]}


# Each asks for all of Kubernetes' definitions to be read again.
@pytest.mark.parametrize(
    ("environment", "kubernetes"),
    [
        ("dev", KUBERNETES),
        *(
            pytest.param(environment, kubernetes, marks=pytest.mark.long)
            for environment in ("staging", "production")
            for kubernetes in ("1.30", "1.33", KUBERNETES)
        ),
    ],
)
def test_every_pod_fits_kubernetes_own_schema(environment, kubernetes):
    for pod in pods(environment):
        kubernetes_validate.validate(pod, kubernetes, strict=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda container: container.update(imagee="trii"),
        lambda container: container.pop("name"),
        lambda container: container["env"].append({"name": "A", "value": 1}),
        lambda container: container["resources"]["requests"].update(cpu=[]),
    ],
)
def test_what_kubernetes_would_refuse_does_not_pass(spoil):
    pod = next(pods("dev"))
    spoil(pod["spec"]["containers"][0])
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def test_it_names_the_ray_that_is_installed():
    assert spec("dev")["rayVersion"] == version("ray")
