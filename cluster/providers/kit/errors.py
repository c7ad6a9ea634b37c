"""How a source of market data fails: for a while, or until somebody does something about it."""

from cluster.errors import TriiError


class ProviderError(TriiError):
    """A source failed for good: asking again would fail again. What was committed stands."""

    status = 502
    code = "provider"
    title = "Data source failure"


class ProviderUnavailable(ProviderError):
    """A source failed for now. `retry_after_s` is what it asked us to wait, if it did."""

    status = 503
    code = "provider_unavailable"
    title = "Data source unavailable"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderRefused(ProviderError):
    """A source refuses the request: keys, permission or a parameter is wrong."""

    code = "provider_refused"
    title = "Data source refused"


class WrongZone(ProviderError):
    """The stamps of a delivery are hours away from the sessions that they belong to."""

    code = "wrong_zone"
    title = "Wrong time zone"


class WrongSpacing(ProviderError):
    """The daily bars of a delivery are weeks or months."""

    code = "wrong_spacing"
    title = "Weeks or months instead of days"
