"""Why a notice did not arrive. Messages never hold an address, a host or a reply's body."""

from cluster.errors import TriiError


class DeliveryFailed(TriiError):
    """It may arrive when it is tried again."""

    code = "delivery"
    title = "Notice not delivered"


class Undeliverable(DeliveryFailed):
    """It will not arrive, however often it is tried."""
