import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.providers import ProviderError, ProviderRefused, ProviderUnavailable
from cluster.providers.kit.patience import Pace, Patience


def failing(times, error):
    calls = []

    def call():
        calls.append(None)
        if len(calls) <= times:
            raise error
        return "answer"

    return call, calls


@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 5))
def test_waits_double_stay_random_and_never_pass_their_limit(chance, times):
    waits = []
    patience = Patience(base_s=1.0, limit_s=4.0, sleep=waits.append, chance=lambda: chance)
    call, _ = failing(times, ProviderUnavailable("busy"))
    assert patience.run(call) == "answer"
    longest = [1.0, 2.0, 4.0, 4.0, 4.0][:times]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, longest, strict=True))


def test_what_will_not_pass_is_not_asked_again():
    call, calls = failing(9, ProviderRefused("wrong keys"))
    with pytest.raises(ProviderRefused):
        Patience(sleep=lambda _: None).run(call)
    assert len(calls) == 1


def test_the_end_of_patience_is_final():
    call, calls = failing(9, ProviderUnavailable("busy", retry_after_s=3.0))
    told, waits = [], []
    with pytest.raises(ProviderError, match="busy; gave up after 3 attempts") as caught:
        Patience(attempts=3, sleep=waits.append).run(call, told=told.append)
    assert not isinstance(caught.value, ProviderUnavailable)
    assert (len(calls), waits) == (3, [3.0, 3.0])
    assert told[0] == "busy; asking again in 3.0 s"


def test_calls_keep_their_pace_and_a_pause_gives_no_credit():
    now, waits = [0.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    pace = Pace(120, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        pace.wait()
    now[0] += 10.0
    for _ in range(2):
        pace.wait()
    assert waits == [0.5, 0.5, 0.5]
