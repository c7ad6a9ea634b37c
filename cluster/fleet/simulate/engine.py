"""The day itself: events in the order of their times, the scheduler asked only when something changed.

What is not Ray's code here: which node with room takes a piece of work (the first that joined;
Ray packs nodes up to a half and spreads then), how long a machine takes to come (`Timing`), and
that spot nodes are taken back at random, each as often.
"""

import heapq
import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import NodeType
from cluster.fleet.simulate.deciding import Decides
from cluster.fleet.simulate.nodes import Fleet, Node, State
from cluster.fleet.simulate.result import Day, Sample
from cluster.fleet.simulate.timing import Timing
from cluster.fleet.simulate.work import Curve, Floor, Job, Service

_HOUR: Final = 3600.0


@dataclass
class _Item:
    """A replica or a task: where it runs, since when it waits, how long it runs (None: until told)."""

    demand: Demand
    asked: float
    seconds: float | None
    node: Node | None = None


class Simulation:
    """One cluster over one span of time; `run` may be called once.

    It shares `types` with its scheduler, which finds there between which bounds a type is at a time.
    """

    def __init__(
        self, types: dict[str, NodeType], scheduler: Decides, timing: Timing, *, seed: int = 7
    ) -> None:
        self._fleet = Fleet(types)
        self._types = types
        self._scheduler = scheduler
        self._timing = timing
        self._random = Random(seed)  # noqa: S311 - which spot node goes, not a secret
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._now = 0.0
        self._items: dict[int, _Item] = {}
        self._waiting: dict[Demand, deque[int]] = defaultdict(deque)
        self._replicas: dict[str, list[int]] = defaultdict(list)
        self._queue: deque[Node] = deque()
        self._requested = 0
        self._looks_at: float | None = None
        # Whether something happened that the last decision did not know of. A node that comes as it
        # was decided is no news.
        self._changed = True
        self._day = Day()

    def run(
        self,
        services: Sequence[Service],
        curve: Curve,
        jobs: Sequence[Job],
        until: float,
        floors: Sequence[Floor] = (),
    ) -> Day:
        """Play until that time."""
        for floor in floors:
            self._at(floor.at, lambda floor=floor: self._hold(floor))  # type: ignore[misc]
        for at, load in curve.changes():
            self._at(at, lambda load=load: self._scale(services, load))  # type: ignore[misc]
        for job in jobs:
            self._at(job.at, lambda job=job: self._arrive(job))  # type: ignore[misc]
        self._look()
        while self._events and self._events[0][0] <= until:
            self._now, _, happens = heapq.heappop(self._events)
            happens()
            if not self._events or self._events[0][0] > self._now:
                self._sample()
        self._now = until
        self._close()
        return self._day

    # What happens.

    def _scale(self, services: Sequence[Service], load: float) -> None:
        for service in services:
            wanted = service.replicas(load)
            held = self._replicas[service.demand.name]
            for _ in range(wanted - len(held)):
                held.append(self._ask(service.demand, None))
            while len(held) > wanted:
                self._drop(held.pop())
        self._place()

    def _hold(self, floor: Floor) -> None:
        for name, nodes in floor.nodes.items():
            self._types[name] = replace(self._types[name], min_nodes=nodes)
        self._changed = True
        self._look()

    def _arrive(self, job: Job) -> None:
        for _ in range(job.tasks):
            self._ask(job.demand, job.seconds)
        self._place()

    def _ask(self, demand: Demand, seconds: float | None) -> int:
        self._order += 1
        self._items[self._order] = _Item(demand, self._now, seconds)
        self._waiting[demand].append(self._order)
        self._changed = True
        return self._order

    def _drop(self, name: int) -> None:
        """A replica that is no longer wanted."""
        item = self._items.pop(name)
        if item.node is None:
            self._waiting[item.demand].remove(name)
        else:
            self._released(item.node, name)

    def _finish(self, name: int, node: Node) -> None:
        """A task is done, unless its node went before."""
        item = self._items.get(name)
        if item is None or item.node is not node:
            return
        del self._items[name]
        self._day.ended += 1
        self._released(node, name)
        self._place()

    def _released(self, node: Node, name: int) -> None:
        self._fleet.release(node, name, self._now)
        if node.idle_since is not None:
            self._expects_idle(node)

    def _expects_idle(self, node: Node) -> None:
        """Ray ends what idles longer than its time, so the look comes just after that."""
        since = node.idle_since
        self._at(
            self._now + node.type.idle_s + 0.001,
            lambda: self._look() if node.idle_since == since else None,
        )

    def _place(self) -> None:
        """What waits goes where there is room; what is left makes the autoscaler look."""
        for demand, names in self._waiting.items():
            while names:
                node = self._fleet.place(names[0], demand)
                if node is None:
                    break
                self._started(names.popleft(), node)
        if self._changed and any(self._waiting.values()):
            self._look()

    def _started(self, name: int, node: Node) -> None:
        item = self._items[name]
        item.node = node
        self._day.placed += 1
        self._day.waits.append(self._now - item.asked)
        if item.seconds is not None:
            self._at(self._now + item.seconds, lambda: self._finish(name, node))

    # What the autoscaler does.

    def _look(self) -> None:
        """At its next interval, once."""
        every = self._timing.interval
        at = math.ceil(self._now / every) * every
        if self._looks_at is None or self._looks_at < self._now:
            self._looks_at = at
            self._at(at, self._act)

    def _act(self) -> None:
        self._looks_at = None
        if self._changed or self._expired():
            self._decide()
            self._changed = False
        self._buy()

    def _expired(self) -> bool:
        """Whether a node beyond its type's least idles longer than it may."""
        idle = Counter(
            node.type.name
            for node in self._fleet
            if node.idle_since is not None and self._now - node.idle_since > node.type.idle_s
        )
        return any(self._fleet.numbers[name] > self._types[name].min_nodes for name in idle)

    def _decide(self) -> None:
        waiting = {demand: len(names) for demand, names in self._waiting.items() if names}
        decision = self._scheduler.decide(list(self._fleet), waiting, self._now)
        self._day.scheduler_calls = self._scheduler.calls
        never = sum(count for demand, count in waiting.items() if not self._fits(demand))
        self._day.impossible = max(self._day.impossible, never)
        for name in decision.end:
            self._end(self._fleet.nodes[name])
        for kind, count in decision.launch.items():
            self._queue.extend(self._fleet.add(kind) for _ in range(count))

    def _fits(self, demand: Demand) -> bool:
        """Whether some node could ever hold it; Ray counts what is beyond a limit for now as well."""
        return any(demand.fits(kind) for kind in self._types.values())

    def _buy(self) -> None:
        """As the reconciler does: so many of a type at a time, so many in all."""
        if not self._queue:
            return
        running = self._fleet.running_of_type
        room = self._timing.at_once - self._requested
        speed = self._timing.upscaling_speed
        allowed = {kind: max(1, math.ceil(speed * max(1, running[kind]))) for kind in self._types}
        left: deque[Node] = deque()
        while self._queue:
            node = self._queue.popleft()
            if room > 0 and allowed[node.type.name] > 0:
                room -= 1
                allowed[node.type.name] -= 1
                self._request(node)
            else:
                left.append(node)
        self._queue = left
        if left:
            self._at(self._now + self._timing.interval, self._look)

    def _request(self, node: Node) -> None:
        self._requested += 1
        self._fleet.requested(node, self._now)
        self._at(self._now + self._timing.allocate, lambda: self._given(node))

    def _given(self, node: Node) -> None:
        if node.name not in self._fleet.nodes:
            return
        self._requested -= 1
        node.state = State.BOOTING
        self._at(self._now + self._timing.boot, lambda: self._joined(node))

    def _joined(self, node: Node) -> None:
        if node.name not in self._fleet.nodes:
            return
        self._fleet.joined(node, self._now)
        self._expects_idle(node)
        rate = self._timing.spot_losses_per_hour / _HOUR
        if node.type.market == "spot" and rate > 0:
            self._at(self._now + self._random.expovariate(rate), lambda: self._lose(node))
        self._place()
        # More waits than what was bought can hold: a limit was reached, or room was lost meanwhile.
        self._changed |= not self._fleet.coming and any(self._waiting.values())

    def _lose(self, node: Node) -> None:
        """Spot is taken back: what ran there is asked for again, from its beginning."""
        if node.name not in self._fleet.nodes:
            return
        self._day.lost += 1
        self._changed = True
        for name in self._end(node):
            item = self._items[name]
            item.node, item.asked = None, self._now
            self._waiting[item.demand].append(name)
        self._place()

    def _end(self, node: Node) -> list[int]:
        self._account(node)
        if node.state is State.REQUESTED:
            self._requested -= 1
        return self._fleet.remove(node)

    # What is told afterwards.

    def _account(self, node: Node) -> None:
        if node.bought_at is not None:
            hours = (self._now - node.bought_at) / _HOUR
            told = self._day.node_hours
            told[node.type.name] = told.get(node.type.name, 0.0) + hours

    def _close(self) -> None:
        for node in self._fleet:
            self._account(node)
        self._sample()

    def _sample(self) -> None:
        waiting = sum(map(len, self._waiting.values()))
        sample = Sample(self._now, dict(self._fleet.bought), dict(self._fleet.running), waiting)
        last = self._day.samples[-1] if self._day.samples else None
        if last is None or replace(last, at=self._now) != sample:
            self._day.samples.append(sample)

    def _at(self, at: float, happens: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (max(at, self._now), self._order, happens))
