"""A portfolio: its books in Decimal, and the risk, return and attribution of it in float64.

Money that is booked is Decimal and exact; figures about it are float64. Optimisation is in
``portfolio.optimise``, risk of given weights in ``portfolio.risk`` and ``portfolio.stress``.
"""

from market.lazy import names_of_stub

__getattr__, __dir__, __all__ = names_of_stub(__name__)
