"""How many replicas a latency asks for: within bounds, without to and fro, and nothing without a figure."""

from hypothesis import given
from hypothesis import strategies as st

from deployments.scaling.decision import replicas

counts = st.integers(1, 200)
latencies = st.floats(0, 1e6)
goals = st.floats(0.1, 1e4)


@given(st.none() | latencies, goals, counts, counts, counts)
def test_never_above_the_most_or_below_the_least(p95, goal, current, one, other):
    least, most = sorted((one, other))
    assert least <= replicas(p95, goal=goal, current=current, least=least, most=most) <= most


@given(goals, counts)
def test_without_a_figure_all_stays(goal, current):
    assert replicas(None, goal=goal, current=current, least=1, most=200) == current


@given(latencies, latencies, goals, counts)
def test_a_higher_latency_never_asks_for_fewer(one, other, goal, current):
    low, high = (
        replicas(p95, goal=goal, current=current, least=1, most=400) for p95 in sorted((one, other))
    )
    assert low <= high


@given(st.floats(0.01, 1e5), goals, counts)
def test_under_a_steady_load_it_comes_to_rest_without_turning_back(work, goal, current):
    """Latency falls as replicas rise, as it does of work that they share."""
    went = [current]
    for _ in range(1000):
        went.append(replicas(work / went[-1], goal=goal, current=went[-1], least=1, most=10**9))
        if went[-1] == went[-2]:
            break
    else:
        raise AssertionError("it never rests")
    assert went in (sorted(went), sorted(went, reverse=True))
    assert went[-1] == 1 or work / went[-1] <= goal * 1.000001
