from pathlib import Path

from cluster import runtime_env
from cluster.runtime_env import RayNetwork


def network(base: int) -> RayNetwork:
    return RayNetwork(
        files=Path(f"/tmp/t{base}"),
        haproxy_binary=Path(f"/tmp/t{base}/haproxy"),
        haproxy_metrics=base,
        haproxy_stats=base + 1,
        fallback_http=base + 2,
        fallback_grpc=base + 3,
        autoscaler_metrics=base + 4,
        dashboard_metrics=base + 5,
        replica_http=range(base + 100, base + 200),
        replica_grpc=range(base + 200, base + 300),
    )


def test_two_platforms_on_a_machine_share_no_port_and_no_file():
    one, two = (runtime_env.node_variables(network(base)) for base in (10_000, 11_000))
    assert not {v.value for v in one} & {v.value for v in two}


def test_every_variable_says_why_it_has_its_value():
    variables = (*runtime_env.static_variables(), *runtime_env.driver_variables())
    assert all(variable.why for variable in variables)


def test_ray_is_never_started_without_its_token():
    for variables in (runtime_env.static_variables(), runtime_env.driver_variables()):
        assert runtime_env.as_environment(variables)["RAY_AUTH_MODE"] == "token"


def test_no_variable_is_set_twice():
    names = [v.name for v in runtime_env.static_variables()]
    names += [v.name for v in runtime_env.node_variables(network(10_000))]
    assert len(names) == len(set(names))
