"""Webhooks of ours: a signed POST, by default to public addresses alone.

Signed as Standard Webhooks 1.0 has it: `webhook-signature` is `v1,` and the base64 of the HMAC-SHA256
of `{webhook-id}.{webhook-timestamp}.{body}`. A receiver drops what it has seen (`webhook-id`) and
what is older than five minutes (`webhook-timestamp`, Unix seconds).
"""

import asyncio
import base64
import hmac
import ipaddress
import socket
import ssl
from datetime import datetime
from functools import cache
from typing import Final

import httpx
import orjson

from cluster.notices.errors import DeliveryFailed, Undeliverable
from cluster.notices.messages import Message
from cluster.notices.settings import Channel

TIMEOUT_S: Final = 10.0
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address in its last four bytes
# Forms of IPv4 in IPv6, local translation, old site-local: `is_global` does not rule them all out.
_LOCAL: Final = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b:1::/48", "fec0::/10")))
# Refusals that pass: too slow, in conflict, too early, too many.
_AGAIN: Final = frozenset({408, 409, 425, 429})


def send(channel: Channel, message: Message, *, now: datetime, private_hosts: bool) -> None:
    """Deliver it: any 2xx is delivered. Raises DeliveryFailed, or Undeliverable for a refusal.

    Redirects are not followed: they could lead anywhere. The name is resolved once, and exactly the
    address that was judged is the one connected to.
    """
    url = _parse(channel)
    address = _resolve(url, private_hosts=private_hosts)
    content = body(message)
    signed = headers(message, content, key=channel.signing_key(), now=now)
    own = {"host": url.netloc.decode(), "content-type": "application/json"}
    request = httpx.Request(
        "POST",
        url.copy_with(host=address),
        content=content,
        headers={**signed, **own},
        # The certificate is checked against the name, though an address is connected to.
        extensions={"sni_hostname": url.host},
    )
    try:
        status = asyncio.run(_post(request))
    except (httpx.HTTPError, TimeoutError) as exc:
        # `from None`: what httpx says may have the address in it, which is a secret.
        raise DeliveryFailed(f"the webhook did not answer: {type(exc).__name__}") from None
    _judge(status)


def body(message: Message) -> bytes:
    """The JSON document: `type`, `timestamp`, `data`; the same bytes at every attempt."""
    document = {
        "type": message.event,
        "timestamp": message.created_at.isoformat(),
        "data": dict(message.payload),
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def headers(message: Message, content: bytes, *, key: bytes, now: datetime) -> dict[str, str]:
    stamp = str(int(now.timestamp()))
    digest = hmac.digest(key, b".".join([message.key.encode(), stamp.encode(), content]), "sha256")
    return {
        "webhook-id": message.key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not loopback, private, link-local or such."""
    # Behind a % an IPv6 address names the interface.
    found = ipaddress.ip_address(address.partition("%")[0])
    # An IPv4 address in another form is judged as well: a private one can be reached by it.
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if found in _NAT64:
        inner = ipaddress.IPv4Address(found.packed[-4:])
    local = found.is_multicast or any(found in network for network in _LOCAL)
    return found.is_global and not local and (inner is None or inner.is_global)


async def _post(request: httpx.Request) -> int:
    """The status of the answer.

    All of it takes TIMEOUT_S at most and its body is not read: one that comes drop by drop must not
    keep a worker for ever.
    """
    async with (
        asyncio.timeout(TIMEOUT_S),
        httpx.AsyncClient(verify=_trust(), trust_env=False, timeout=TIMEOUT_S) as to,
    ):
        reply = await to.send(request, stream=True)
        await reply.aclose()
        return reply.status_code


@cache
def _trust() -> ssl.SSLContext:
    """Loading the authorities takes longer than a delivery."""
    return httpx.create_ssl_context(trust_env=False)


def _parse(channel: Channel) -> httpx.URL:
    try:
        url = httpx.URL(channel.url.get_secret_value())
    except httpx.InvalidURL:
        raise Undeliverable("the webhook's address can't be read") from None
    if not url.host or url.userinfo:
        raise Undeliverable("the webhook's address needs a host, and no user or password")
    return url


def _resolve(url: httpx.URL, *, private_hosts: bool) -> str:
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise DeliveryFailed("the webhook's host has no address") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private_hosts and not all(map(is_public, addresses)):
        raise Undeliverable(
            "the webhook's host is a private address; TRII_NOTIFY_PRIVATE_HOSTS=true allows those"
        )
    return addresses[0]


def _judge(status: int) -> None:
    if status // 100 == 2:
        return
    what = f"the webhook answered {status}"
    if status // 100 == 5 or status in _AGAIN:
        raise DeliveryFailed(what)
    raise Undeliverable(what)
