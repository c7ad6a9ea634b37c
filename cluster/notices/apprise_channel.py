"""Every other channel: e-mail, Slack and a hundred services, through Apprise."""

import logging
import warnings
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyBase

from cluster.notices.errors import DeliveryFailed, Undeliverable
from cluster.notices.messages import Message
from cluster.notices.settings import Channel

KEY_HEADER: Final = "X-TRII-Delivery"
_CHATTY: Final = ("apprise", "urllib3.connectionpool")


def send(channel: Channel, message: Message) -> None:
    """Deliver it; the key is the text's last line, and a header where the service has headers.

    Raises Undeliverable for an address that Apprise can't read, DeliveryFailed where the service did
    not take the message. Apprise says no more than that without the address in it.
    """
    _silence()
    service = _service(channel)
    carried = getattr(service, "headers", None)
    if isinstance(carried, dict):
        carried[KEY_HEADER] = message.key
    sender = Apprise(asset=service.asset)
    sender.add(service)
    if not sender.notify(body=message.text, title=message.title, body_format="text"):
        raise DeliveryFailed(f"{channel.scheme}: the service did not take the message")


def _service(channel: Channel) -> NotifyBase:
    asset = AppriseAsset(app_id="TRII", app_desc="TRII", app_url="", async_mode=False)
    with warnings.catch_warnings():
        # The first call loads every service; Apprise 2.3 imports what Python 3.11 deprecates (imghdr).
        warnings.simplefilter("ignore", DeprecationWarning)
        service = Apprise.instantiate(
            channel.url.get_secret_value(), asset=asset, suppress_exceptions=True
        )
    if not isinstance(service, NotifyBase):
        raise Undeliverable(f"{channel.scheme}: Apprise can't read the channel's address")
    return service


def _silence() -> None:
    """They log addresses, which are secrets; what failed is said by our errors."""
    for name in _CHATTY:
        logging.getLogger(name).disabled = True
