"""Sources of market data, by the name of their dataset.

What a provider of one's own is made from is imported from here. It is loaded when it is asked for:
the settings lie below this folder too, and must neither wait for tables nor import themselves.
"""

from market.lazy import names_of_stub

__getattr__, __dir__, __all__ = names_of_stub(__name__)
