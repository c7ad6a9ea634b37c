"""Alpaca's REST API through its SDK's client, one request at a time: patient, paced, never trusting."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from cluster.errors import ConfigError
from cluster.providers.alpaca.sdk import APIError, RESTClient
from cluster.providers.kit.errors import ProviderRefused, ProviderUnavailable
from cluster.providers.kit.patience import Pace, Patience
from cluster.settings import Settings

# The SDK repeats these by itself after a fixed wait. None of them: we obey Retry-After.
_NEVER = [-1]
_FOR_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class AlpacaClient(RESTClient):
    """GET requests to one of Alpaca's APIs, answered by a JSON document.

    The SDK makes the URL, signs the request and reads the answer. Its own paging and repeating are
    left out: they would follow a repeated page for ever and wait three seconds whatever was asked.
    """

    def __init__(
        self, base_url: str, settings: Settings, *, pace: Pace, patience: Patience
    ) -> None:
        key, secret = credentials(settings)
        super().__init__(
            base_url=base_url,
            api_key=key,
            secret_key=secret,
            raw_data=True,
            retry_exception_codes=_NEVER,
        )
        self._pace, self._patience = pace, patience
        adapter = _WithTimeout(settings.alpaca_timeout_s)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        if urlsplit(base_url).hostname in _LOOPBACK:
            self._session.trust_env = False  # a stand-in here is not behind the machine's proxy

    def fetch(self, path: str, params: Mapping[str, Any], *, version: str = "v2") -> Any:
        """The document. Raises ProviderRefused, and ProviderError when patience is at its end."""
        return self._patience.run(lambda: self._once(path, params, version))

    def _once(self, path: str, params: Mapping[str, Any], version: str) -> Any:
        # Within what is repeated: a repetition keeps the pace too.
        self._pace.wait()
        try:
            document = self.get(path, dict(params), api_version=version)
        except APIError as exc:
            raise _failure(exc, path) from exc
        except (requests.RequestException, ValueError) as exc:
            # ValueError: the body is not JSON, or not all of it came.
            raise ProviderUnavailable(f"alpaca {path}: {type(exc).__name__}") from exc
        if not isinstance(document, dict | list):
            raise ProviderUnavailable(f"alpaca {path}: an empty answer")
        return document


class _WithTimeout(HTTPAdapter):
    """Waits so long for each answer, where `requests` would wait for ever."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # the options are passed on as they come
        return super().send(request, **(options | {"timeout": self._timeout_s}))


def credentials(settings: Settings) -> tuple[str, str]:
    """Key and secret, to be handed to the SDK and nowhere else. Raises ConfigError without them."""
    key = settings.alpaca_api_key.get_secret_value()
    secret = settings.alpaca_api_secret.get_secret_value()
    if not key or not secret:
        raise ConfigError(
            "alpaca: no keys: put them into the files trii_alpaca_api_key and "
            f"trii_alpaca_api_secret in {settings.secrets_path}"
        )
    return key, secret


def _failure(exc: APIError, path: str) -> ProviderRefused | ProviderUnavailable:
    """What an answer that is an error means. The request, which holds the keys, is never told."""
    status = exc.status_code or 0
    if status in _FOR_NOW:
        return ProviderUnavailable(f"alpaca {path}: status {status}", retry_after_s=_wait_of(exc))
    if status in {401, 403}:
        return ProviderRefused(
            f"alpaca {path}: status {status}: the keys are wrong or their plan does not include "
            f"this: {_said(exc)}"
        )
    return ProviderRefused(f"alpaca {path}: status {status}: {_said(exc)}")


def _wait_of(exc: APIError) -> float | None:
    value = exc.response.headers.get("Retry-After", "")
    # It may be a date as well: then our own wait stands.
    return float(value) if value.replace(".", "", 1).isdigit() else None


def _said(exc: APIError) -> str:
    try:
        return repr(str(exc.message)[:200])
    except (ValueError, KeyError, TypeError):
        return repr(str(exc)[:200])
