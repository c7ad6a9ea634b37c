"""What we use of Alpaca's SDK, imported without its warning: it loads the deprecated websockets.legacy."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.common.exceptions import APIError
    from alpaca.common.rest import RESTClient
    from alpaca.data.enums import Adjustment, DataFeed
    from alpaca.data.live import StockDataStream
    from alpaca.data.models import Bar, Quote
    from alpaca.data.models import corporate_actions as announced
    from alpaca.data.requests import CorporateActionsRequest, StockBarsRequest
    from alpaca.data.timeframe import TimeFrame
    from alpaca.trading.enums import AssetClass
    from alpaca.trading.requests import GetAssetsRequest

__all__ = [
    "APIError",
    "Adjustment",
    "AssetClass",
    "Bar",
    "CorporateActionsRequest",
    "DataFeed",
    "GetAssetsRequest",
    "Quote",
    "RESTClient",
    "StockBarsRequest",
    "StockDataStream",
    "TimeFrame",
    "announced",
]
