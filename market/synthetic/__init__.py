"""A seeded market of invented instruments, open around the clock; every number of it is made up."""

from market.synthetic.listing import PlantedSignal
from market.synthetic.market import SyntheticMarket

__all__ = ["PlantedSignal", "SyntheticMarket"]
