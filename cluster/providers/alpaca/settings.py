"""The group `TRII_ALPACA_…`: keys, feed, span and addresses of the provider `alpaca`."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field, PositiveFloat, PositiveInt, SecretStr


class AlpacaSettings(BaseModel):
    """Alpaca: what it is asked for, with which keys and how fast."""

    alpaca_api_key: SecretStr = Field(
        default=SecretStr(""), description="key of an account; with it each session is taken in"
    )
    alpaca_api_secret: SecretStr = Field(default=SecretStr(""), description="secret of the key")
    alpaca_feed: Literal["iex", "sip"] = Field(
        default="iex", description="whose trades bars are made of"
    )
    alpaca_start: date = Field(default=date(2016, 1, 4), description="first session of its history")
    alpaca_minute_days: PositiveInt = Field(default=30, description="days of minute bars at first")
    alpaca_requests_per_minute: PositiveInt = Field(
        default=200, description="requests a minute that the plan allows"
    )
    alpaca_timeout_s: PositiveFloat = Field(
        default=30.0, description="seconds that a request may take"
    )
    alpaca_data_url: str = Field(
        default="https://data.alpaca.markets", description="where bars are asked for"
    )
    alpaca_trading_url: str = Field(
        default="https://paper-api.alpaca.markets", description="where assets are asked for"
    )
    alpaca_stream_url: str = Field(
        default="wss://stream.data.alpaca.markets/v2", description="where live bars come from"
    )
