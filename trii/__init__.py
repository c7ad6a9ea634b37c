"""What people use in Python and notebooks, by name: `import trii`, then `trii.backtest(…)`.

Names only, each loaded when it is used; kernels are compiled as the platform here compiles them.
"""

from cluster.environment import share_kernels
from market.lazy import names_of_stub

__getattr__, __dir__, __all__ = names_of_stub(__name__, first=share_kernels)
