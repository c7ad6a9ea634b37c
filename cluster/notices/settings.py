"""The group `TRII_NOTIFY_…`: channels that notices go to. An address is a secret: it lets one write there."""

import base64
import binascii
import re
from typing import Annotated, Final, Literal, LiteralString, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Event = Literal["job.failed", "ingest.failed", "ingest.quarantined", "schedule.missed", "test"]
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]

_WEBHOOK: Final = ("http", "https")
_UNSIGNED: Final = ("json", "jsons", "xml", "xmls", "form", "forms")
_KEY_BYTES: Final = range(24, 65)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


class Channel(BaseModel):
    """An address, and what it is told of; without `events` everything.

    `https://…` is a webhook of ours, signed with `secret` (`whsec_` and 24 to 64 bytes in base64, as
    Standard Webhooks has it). Any other address is one of Apprise's, such as `mailtos://…`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr
    secret: SecretStr = SecretStr("")
    events: tuple[Event, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _take_address_alone(cls, value: object) -> object:
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        scheme = _SCHEME.match(self.url.get_secret_value())
        if scheme is None:
            raise _wrong("expected an address with its scheme, such as mailtos://… or https://…")
        if self.scheme in _UNSIGNED:
            raise _wrong("a webhook without a signature; give https://… with a secret")
        if self.is_webhook:
            self.signing_key()
        return self

    @property
    def scheme(self) -> str:
        """Such as `mailtos`: all of the address that may be shown."""
        return self.url.get_secret_value().partition("://")[0].lower()

    @property
    def is_webhook(self) -> bool:
        return self.scheme in _WEBHOOK

    def wants(self, event: str) -> bool:
        return not self.events or event in self.events

    def signing_key(self) -> bytes:
        """The bytes that webhooks are signed with. Raises a pydantic error for a bad secret."""
        head, _, text = self.secret.get_secret_value().partition("_")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if head != "whsec" or len(key) not in _KEY_BYTES:
            raise _wrong("a webhook needs a secret: whsec_ and 24 to 64 random bytes in base64")
        return key


class NotifySettings(BaseModel):
    """Notices: who is told of what."""

    notify_channels: dict[ChannelName, Channel] = Field(
        default={},
        description="where notices go, by the channel's name: an address, or "
        '`{"url": …, "secret": …, "events": […]}`',
    )
    notify_private_hosts: bool = Field(
        default=False, description="whether webhooks may go to private addresses"
    )


def _wrong(message: LiteralString) -> PydanticCustomError:
    """Says nothing of what was given."""
    return PydanticCustomError("channel", message)
