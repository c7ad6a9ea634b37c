"""A strategy as a document: what it does, what may be chosen, what it reads, when it decides."""

import inspect
from typing import Any

from cluster.own_code.strategies import Chosen


def document(chosen: Chosen) -> dict[str, Any]:
    """Plain values. `inputs` are as declared, with parameters in braces; `fields` are those of bars."""
    kind = chosen.strategy
    reads = kind(**kind.defaults()).reads()
    parameters = [
        {"name": parameter.name, "default": parameter.default, "low": parameter.low, "high": parameter.high,
         "whole": parameter.whole}
        for parameter in kind.parameters().values()
    ]  # fmt: skip
    return {
        "name": kind.name,
        "strategy": chosen.name,
        "scope": kind.scope(),
        "shape": kind.shape(),
        "rebalance": kind.rebalance if kind.scope() == "portfolio" else None,
        "parameters": parameters,
        "inputs": [kind.inputs] if isinstance(kind.inputs, str) else list(kind.inputs),
        "fields": sorted({field for read in reads for field in read.fields}),
        "doc": inspect.getdoc(kind) if kind.__doc__ else None,
    }


def summary(kind: dict[str, Any]) -> str:
    """The first line of its documentation."""
    return (kind["doc"] or "").partition("\n")[0].rstrip(".")
