"""Channels: what is an address, and that none is ever shown."""

import base64
import json

import pytest
from pydantic import ValidationError

from cluster.errors import ConfigError
from cluster.notices.settings import Channel
from cluster.settings import load_settings
from tests.cluster.notices.conftest import SECRET

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops"


def test_an_address_alone_is_a_channel_that_hears_everything():
    channel = Channel.model_validate(SLACK)
    assert (channel.scheme, channel.is_webhook, channel.wants("job.failed")) == (
        "slack", False, True,
    )  # fmt: skip


def test_a_channel_hears_only_the_events_that_it_names():
    channel = Channel(url=SLACK, events=("ingest.failed",))
    assert channel.wants("ingest.failed")
    assert not channel.wants("job.failed")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "hunter2",
        "whsec_!!!",
        "whsec_" + base64.b64encode(b"short").decode(),
        SECRET.removeprefix("whsec_"),
    ],
)
def test_a_webhook_without_a_real_secret_is_refused(secret):
    with pytest.raises(ValidationError, match="needs a secret") as info:
        Channel(url="https://example.org/hook", secret=secret)
    assert not secret or secret not in info.value.errors()[0]["msg"]


@pytest.mark.parametrize("url", ["json://example.org", "XMLS://example.org", "form://h/p"])
def test_webhooks_that_nobody_signs_are_refused(url):
    with pytest.raises(ValidationError, match="without a signature"):
        Channel(url=url)


@pytest.mark.parametrize("url", ["", "example.org", "//example.org", "ops@example.org"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValidationError, match="with its scheme"):
        Channel(url=url)


@pytest.mark.parametrize("source", ["variable", "file"])
def test_channels_are_read_from_a_variable_or_a_secret_file(tmp_path, monkeypatch, source):
    hook = {"url": "https://example.org", "secret": SECRET}
    text = json.dumps({"ops": SLACK, "hook": hook})
    if source == "variable":
        monkeypatch.setenv("TRII_NOTIFY_CHANNELS", text)
    else:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "trii_notify_channels").write_text(text)
    settings = load_settings(tmp_path)
    assert sorted(settings.notify_channels) == ["hook", "ops"]
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "TIiajkdn" not in shown
        assert SECRET not in shown


@pytest.mark.parametrize(
    "text",
    [
        '{"ops": "T0p-S3cret"}',
        '{"ops": {"url": "slack://T0p-S3cret", "colour": "T0p-S3cret"}}',
        '{"ops": {"url": "https://T0p-S3cret/", "secret": "T0p-S3cret"}}',
        '{"Ops!": "slack://T0p-S3cret"}',
        "slack://T0p-S3cret",
        '{"ops": ["T0p-S3cret"',
    ],
)
def test_a_wrong_setting_is_named_and_its_secret_is_not(tmp_path, monkeypatch, text):
    monkeypatch.setenv("TRII_NOTIFY_CHANNELS", text)
    with pytest.raises(ConfigError, match=r"(?i)notify_channels") as info:
        load_settings(tmp_path)
    assert "T0p-S3cret" not in str(info.value)
    assert info.value.__suppress_context__
