"""Nodes that were bought and never joined, such as GPU nodes whose driver shows no GPU.

Ray ends such a node and buys the next of its type, for ever, and tells of none of them: it is seen by
what is coming and no longer is, without that another node had joined.
"""

from collections import Counter
from collections.abc import Collection, Mapping


class Joining:
    """What was seen of nodes so far. A node's type is told with each of its ids.

    Ray knows a node that joined before its autoscaler stops telling that it comes, and each by an id of
    its own: so joined nodes are counted until one that came is no longer told of.
    """

    def __init__(self) -> None:
        self._coming: dict[str, str] = {}
        self._known: set[str] = set()
        self._joined: Counter[str] = Counter()
        self._begun = False

    def failed(
        self,
        coming: Mapping[str, str],
        running: Mapping[str, str],
        launching: Collection[str] = (),
    ) -> set[str]:
        """The node types of which a node failed to join since the last look.

        `coming` are types by the launcher's ids, `running` types by Ray's, `launching` the types of
        which the cloud was asked for one.
        """
        if self._begun:
            self._joined.update(running[node] for node in running.keys() - self._known)
        self._begun = True
        self._known.update(running)
        gone = Counter(self._coming[node] for node in self._coming.keys() - coming.keys())
        failed = gone - self._joined
        self._coming = dict(coming)
        # A node may have joined before it is told as coming, or between two looks and never be: where
        # none of a type comes or is asked for any more, it stands for no other one.
        still = {*coming.values(), *launching}
        left = self._joined - gone
        self._joined = Counter({name: count for name, count in left.items() if name in still})
        return set(failed)
