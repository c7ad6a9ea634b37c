"""Webhooks: signed, to public addresses, judged by their status."""

import base64
import hashlib
import hmac
import json
import socket
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread

import pytest

from cluster.notices import webhook
from cluster.notices.errors import DeliveryFailed, Undeliverable
from cluster.notices.messages import Message
from cluster.notices.settings import Channel
from tests.cluster.notices.conftest import SECRET
from tests.servers import free_port

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MESSAGE = Message("5f0e", "job.failed", {"job": "sweep-1", "reason": "exit status 1"}, NOW)


def send(channel, *, private_hosts=True):
    webhook.send(channel, MESSAGE, now=NOW, private_hosts=private_hosts)


def test_a_receiver_can_verify_who_sent_it_when_and_what(hooks, hook_channel):
    send(hook_channel)
    ((headers, body),) = hooks.seen
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"5f0e.{int(NOW.timestamp())}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == "5f0e"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["host"] == f"127.0.0.1:{hooks.port}"
    assert json.loads(body) == {
        "type": "job.failed",
        "timestamp": "2026-01-05T12:00:00+00:00",
        "data": {"job": "sweep-1", "reason": "exit status 1"},
    }


def test_the_signature_is_that_of_the_published_example():
    # https://github.com/standard-webhooks: secret, id, time and body of the specification's text.
    channel = Channel(url="https://example.org", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = webhook.headers(
        Message("msg_p5jXN8AQM9LWM0D4loKWxJek", "test", {}, NOW),
        b'{"test": 2432232314}',
        key=channel.signing_key(),
        now=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_may_pass_by_itself_may_be_tried_again(hooks, hook_channel, status):
    hooks.script = [status]
    with pytest.raises(DeliveryFailed, match=str(status)) as info:
        send(hook_channel)
    assert not isinstance(info.value, Undeliverable)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410])
def test_a_refusal_or_a_redirect_is_final(hooks, hook_channel, status):
    hooks.script = [status]
    with pytest.raises(Undeliverable, match=str(status)):
        send(hook_channel)
    assert len(hooks.seen) == 1


def test_a_server_that_is_away_may_come_back_and_its_address_is_not_told():
    port = free_port()
    channel = Channel(url=f"http://127.0.0.1:{port}/t0p-s3cret-path", secret=SECRET)
    with pytest.raises(DeliveryFailed, match="ConnectError") as info:
        send(channel)
    assert "127.0.0.1" not in str(info.value)
    assert info.value.__suppress_context__


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.1.2.3", "[::ffff:10.0.0.1]"]
)
def test_private_addresses_are_refused_by_default(host):
    channel = Channel(url=f"http://{host}:9/x", secret=SECRET)
    with pytest.raises(Undeliverable, match="TRII_NOTIFY_PRIVATE_HOSTS"):
        send(channel, private_hosts=False)


def test_one_private_address_among_public_ones_is_refused(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", answer("93.184.216.34", "10.0.0.1"))
    with pytest.raises(Undeliverable, match="private"):
        send(Channel(url="https://example.org/x", secret=SECRET), private_hosts=False)


def test_the_address_that_was_judged_is_the_one_that_is_called(hooks, monkeypatch):
    # A name that changes its address between the two look-ups gains nothing: there is only one.
    asked = []
    real = socket.getaddrinfo

    def first_time_only(host, *rest, **options):
        asked.append(host)
        return real("127.0.0.1" if host == "hooks.example" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", first_time_only)
    send(Channel(url=f"http://hooks.example:{hooks.port}/x", secret=SECRET))
    ((headers, _),) = hooks.seen
    assert headers["host"] == f"hooks.example:{hooks.port}"
    assert asked.count("hooks.example") == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::5db8:d822", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert webhook.is_public(address) is public


@pytest.mark.parametrize("head", ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nx: "])
def test_an_answer_that_comes_drop_by_drop_keeps_nobody(head, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.5)
    left, drops = Event(), []

    def drop_by_drop():
        connection, _ = server.accept()
        with connection, suppress(OSError):  # whoever asked has gone
            connection.sendall(head.encode())
            while len(drops) < 200 and not left.wait(0.05):
                connection.sendall(b"x")
                drops.append("x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=drop_by_drop)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with suppress(DeliveryFailed):  # one with its status is delivered
            send(Channel(url=url, secret=SECRET))
        left.set()
        thread.join()
    assert len(drops) < 200


@pytest.mark.parametrize("url", ["https://", "https://user:t0p-s3cret@example.org/"])
def test_an_address_without_a_host_or_with_a_password_is_refused(url):
    with pytest.raises(Undeliverable, match="needs a host") as info:
        send(Channel(url=url, secret=SECRET))
    assert "t0p-s3cret" not in str(info.value)


def answer(*addresses):
    return lambda *_, **__: [(socket.AF_INET, 1, 6, "", (one, 443)) for one in addresses]
