"""Every application of `serve.yaml` as Serve builds it, without a cluster."""

from importlib import import_module

import cloudpickle
import pytest

from deployments.render import catalogue


@pytest.mark.parametrize("entry", catalogue().values(), ids=catalogue())
def test_an_import_path_builds_the_one_deployment_that_the_catalogue_names(entry):
    module, _, function = entry["import_path"].partition(":")
    deployment = getattr(import_module(module), function)({})._bound_deployment
    assert [deployment.name] == [one["name"] for one in entry["deployments"]]
    # Replicas get it by pickle, from a process that is not theirs.
    assert cloudpickle.loads(cloudpickle.dumps(deployment.func_or_class)).__name__
