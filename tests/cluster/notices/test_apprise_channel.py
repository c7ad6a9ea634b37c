"""E-mail by a real mail server; what Apprise would say of addresses stays unsaid."""

import logging
from datetime import UTC, datetime

import pytest

from cluster.notices import apprise_channel
from cluster.notices.errors import DeliveryFailed, Undeliverable
from cluster.notices.messages import Message
from cluster.notices.settings import Channel
from tests.servers import free_port

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MESSAGE = Message(
    "5f0e-key", "ingest.quarantined",
    {"job": "ingest-1", "rows": 3, "reasons": {"price is not above zero": 3}}, NOW,
)  # fmt: skip


def test_a_mail_arrives_with_its_key_in_a_header_and_in_the_text(mails, mail_channel):
    apprise_channel.send(mail_channel, MESSAGE)
    (mail,) = mails
    assert mail["X-TRII-Delivery"] == "5f0e-key"
    assert mail["Subject"] == "TRII: ingest ingest-1 put 3 rows into quarantine"
    assert mail["To"] == "ada@example.org"
    text = mail.get_payload(decode=True).decode()
    assert "reasons: price is not above zero: 3" in text
    assert "delivery: 5f0e-key" in text


def test_a_mail_that_the_server_turns_away_may_be_tried_again(mails, mail_channel):
    mails.refuse = True
    with pytest.raises(DeliveryFailed, match="mailto") as info:
        apprise_channel.send(mail_channel, MESSAGE)
    assert not isinstance(info.value, Undeliverable)


def test_an_address_that_apprise_can_not_read_is_final():
    with pytest.raises(Undeliverable, match="nosuch: Apprise can't read"):
        apprise_channel.send(Channel(url="nosuch://t0p-s3cret"), MESSAGE)


@pytest.mark.parametrize(
    "url",
    [
        "mailto://t0p-s3cret:t0p-s3cret@127.0.0.1:{port}?to=t0p-s3cret@example.org&mode=insecure",
        "gotify://127.0.0.1:{port}/t0p-s3cret-token",
        "slack://t0p-s3cret",
        "t0p-s3cret://t0p-s3cret",
    ],
)
def test_no_secret_of_an_address_is_logged_or_told(url, caplog, capfd):
    channel = Channel(url=url.format(port=free_port()))
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryFailed) as info:
        apprise_channel.send(channel, MESSAGE)
    told = [caplog.text, *capfd.readouterr(), str(info.value).removeprefix("t0p-s3cret:")]
    assert "t0p-s3cret" not in "".join(told)
