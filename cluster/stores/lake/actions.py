"""Corporate actions in the lake: rows that carry their own key, and what a delivery must not say."""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput
from cluster.stores.lake.tables import ACTIONS, dataset_of
from cluster.stores.lake.times import INSTANT, instant
from cluster.stores.lake.vintages import tellings
from market.actions import Action, from_arrow, to_arrow
from market.currencies import CURRENCIES


def id_of(action: Action) -> str:
    """The key of an action's rows: what is told of it again has the same."""
    return ":".join(action.key)


def to_rows(
    actions: Iterable[Action], *, dataset: str, recorded_at: datetime, withdrawn: bool
) -> pa.Table:
    """The actions as rows of the table. Raises BadInput for a foreign one or an unknown currency."""
    given = list(actions)
    for action in given:
        if dataset_of(action.instrument_id) != dataset:
            raise BadInput(
                f"{action.instrument_id} does not belong to {dataset}: nothing was written"
            )
        currency = getattr(action, "currency", None)
        if currency is not None and currency not in CURRENCIES:
            raise BadInput(
                f"{action.kind} of {action.instrument_id} on {action.ex_date}: unknown currency "
                f"{currency[:8]!r}: expected a code of ISO 4217 such as USD"
            )
    rows = to_arrow(given, recorded_at=recorded_at)
    ids = pa.array([id_of(action) for action in given], pa.string())
    called_off = pa.repeat(pa.scalar(withdrawn), len(given))
    columns = [ids, *rows.columns, called_off]
    return pa.table(columns, schema=ACTIONS.schema)


def to_actions(rows: pa.Table) -> list[Action]:
    """The actions that stand, without those that were called off, in the order of the rows."""
    # After the cut: a withdrawal is a vintage, and counts from when it was known.
    return from_arrow(rows.filter(pc.invert(rows["withdrawn"])))


def to_tellings(vintages: pa.Table, *, as_of: datetime | None = None) -> list[Action]:
    """All that ever stood by `as_of`, by action and in the order told; withdrawals too.

    Each has for `available_at` the time from which it was known: of a silent correction that of its
    record. One that was overtaken before it was known never stood.
    """
    ordered, known = tellings(vintages, ACTIONS.keys)
    place = ordered.schema.get_field_index("available_at")
    field, stamps = ordered.schema.field(place), pa.array(known).cast(INSTANT)
    told = ordered.set_column(place, field, stamps)
    if as_of is not None:
        told = told.filter(pc.less_equal(told["available_at"], instant(as_of, "as_of")))
    stood: list[Action] = []
    overtaken: dict[tuple[str, ...], datetime] = {}
    for action in reversed(from_arrow(told)):
        if action.key not in overtaken or action.available_at < overtaken[action.key]:
            overtaken[action.key] = action.available_at
            stood.append(action)
    return stood[::-1]
