"""One leader for all loops, against the real PostgreSQL: neighbours, take-overs, outages."""

from contextlib import ExitStack, contextmanager
from queue import Queue
from threading import Event

import psycopg
import pytest

from cluster.clock import utc_now
from cluster.control import leases
from cluster.control.leader import Leader
from cluster.control.leases import LostLease
from cluster.control.loop import Loop
from cluster.control.running import Health
from cluster.stores.postgres import connect
from tests.leading import leading

WAIT_S = 60  # for a busy machine; nothing takes it


class Turns:
    """A loop of a test: each of its turns is put into a queue, and does what the test says."""

    def __init__(self, does=lambda term: False, *, name="a", period_s=0.05, **options):
        self.taken = Queue()
        self.does = does
        self.loop = Loop(name, self.begin, period_s, **options)

    @contextmanager
    def begin(self, term):
        def turn():
            self.taken.put(term.lease.token)
            return self.does(term)

        yield turn

    def next(self):
        """The token of the next turn; a turn that never comes fails the test."""
        return self.taken.get(timeout=WAIT_S)


def leader(settings, *turns, lease_s=10.0):
    return Leader(settings, [one.loop for one in turns], clock=utc_now, lease_s=lease_s)


def fails(_term):
    raise ValueError("no")


def test_a_loop_that_fails_is_tried_again_and_stops_no_neighbour(clean):
    bad, good = Turns(fails, name="bad"), Turns(name="good")
    one = leader(clean, bad, good)
    with leading(one):
        bad.next()
        assert bad.next() == good.next()
        while one.health()["bad"].failures < 2:
            good.next()
        seen = one.health()["bad"]
        assert (seen.error, one.health()["good"].failures, one.gone()) == ("ValueError: no", 0, [])
        assert seen.in_a_row == seen.failures
        bad.does = lambda term: False
        while one.health()["bad"].in_a_row:
            bad.next()
        assert one.health()["bad"].error == ""


def test_the_waits_after_failures_grow_to_a_limit_and_are_reset_by_a_success():
    health, waits = Health(), []
    for _ in range(8):
        health.failed(ValueError("no"))
        waits.append(health.patience_s)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    health.succeeded()
    health.failed(ValueError("no"))
    assert health.patience_s == 0.5


def test_a_turn_that_hangs_stops_no_neighbour_and_loses_no_lease(clean):
    freed = Event()
    hung, good = Turns(lambda term: freed.wait(WAIT_S), name="hung"), Turns(name="good")
    with leading(leader(clean, hung, good, lease_s=0.5)):
        token = hung.next()
        with connect(clean, "serve") as other:
            other.autocommit = True
            for _ in range(60):  # some seconds, many times the lease
                assert good.next() == token
                assert leases.take(other, leases.CONTROL, holder="other", seconds=60) is None
        freed.set()
        assert hung.next() == token


def test_a_transaction_that_hangs_lets_neighbours_write_and_lets_nobody_take_the_lease(clean):
    freed = Event()

    def hold(term):
        with term.fenced():
            freed.wait(WAIT_S)
        return False

    def write(term):
        with term.fenced():
            return False

    hung, good = Turns(hold, name="hung"), Turns(write, name="good")
    with leading(leader(clean, hung, good, lease_s=0.5)):
        token = hung.next()
        for _ in range(40):
            assert good.next() == token
        with connect(clean, "serve") as other:
            other.execute("SET lock_timeout = 100")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                leases.take(other, leases.CONTROL, holder="other", seconds=60)
            other.rollback()
        freed.set()


def test_one_of_two_leads_and_the_other_takes_over_at_once_when_it_stops(clean):
    first, second = Turns(), Turns()
    one, two = leader(clean, first, lease_s=60), leader(clean, second, lease_s=60)
    with ExitStack() as former, ExitStack() as later:
        former.enter_context(leading(one))
        before = first.next()
        later.enter_context(leading(two))
        first.next()
        assert second.taken.empty()
        assert two.health()["a"].age_s == 0.0
        former.close()  # its lease would last for a minute
        assert second.next() > before
    with connect(clean, "serve") as connection:
        assert not leases.is_held(connection, leases.CONTROL)


def test_a_leader_that_lost_the_lease_ends_every_loop_and_writes_nothing(clean):
    lost = Event()

    def write(term):
        try:
            with term.fenced():
                return False
        except LostLease:
            lost.set()
            raise

    writer, beside = Turns(write, name="writer"), Turns(name="beside")
    one = leader(clean, writer, beside, lease_s=15)
    with leading(one):
        before = writer.next()
        with connect(clean, "serve") as other:
            other.execute("UPDATE leases SET expires_at = '-infinity'")
            taken = leases.take(other, leases.CONTROL, holder="other", seconds=60)
        assert lost.wait(WAIT_S)
        with connect(clean, "serve") as other:
            leases.release(other, taken)
        while (token := beside.next()) == before:
            pass
        assert token > taken.token
        assert one.gone() == []


def test_connections_that_break_are_made_anew(clean):
    turns = Turns(lambda term: term.connection.execute("SELECT 1") is None)
    one = leader(clean, turns)
    with leading(one):
        before = turns.next()
        with connect(clean, "owner") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'trii_serve'"
            )
        while turns.next() == before:
            pass
        assert one.gone() == []


def test_a_loop_is_woken_by_what_is_told_on_its_channel(clean):
    turns = Turns(period_s=WAIT_S, channels=("trii_test",))
    with leading(leader(clean, turns)):
        turns.next()
        with connect(clean, "serve") as connection:
            connection.execute("NOTIFY trii_test")
        turns.next()


def test_a_turn_that_asks_for_it_is_followed_soon(clean):
    turns = Turns(lambda term: True, period_s=WAIT_S, busy_s=0.01)
    with leading(leader(clean, turns)):
        turns.next()
        turns.next()


def test_waits_may_change_while_a_loop_runs(clean):
    turns = Turns(period_s=0.05)
    one = leader(clean, turns)
    with leading(one):
        turns.next()
        one.retime("a", period_s=0.01, busy_s=0.01)
        turns.next()
        turns.next()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_is_gone_is_named(clean):
    def die(_term):
        raise SystemExit  # nothing in a loop does it on purpose

    dead, good = Turns(die, name="dead"), Turns(name="good")
    one = leader(clean, dead, good)
    with leading(one):
        while one.gone() != ["dead"]:
            good.next()
