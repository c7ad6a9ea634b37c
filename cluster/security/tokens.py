"""Bearer tokens: JWTs signed with EdDSA. What is accepted is stated here, not in the token."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import uuid4

import jwt

from cluster.clock import Clock, utc_now
from cluster.errors import BadInput, Unauthenticated
from cluster.security.keys import SigningKey, VerifyingKey, load_verifying
from cluster.security.scopes import scopes_of
from cluster.settings import Settings

ALGORITHM: Final = "EdDSA"
LEEWAY: Final = timedelta(seconds=30)  # how far an issuer's clock may be ahead of ours
_MAX_TOKEN_LENGTH = 4096
_MAX_CACHED = 10_000
_REQUIRED = ["aud", "exp", "iat", "iss", "scope", "sub"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, and what they may do, until when (aware UTC)."""

    subject: str
    scopes: frozenset[str]
    expires_at: datetime


def issue(
    subject: str,
    role: str,
    *,
    key: SigningKey,
    issuer: str,
    audience: str,
    ttl_s: float,
    clock: Clock = utc_now,
) -> str:
    """A token for `subject` with the scopes of `role`, valid from now on for `ttl_s` seconds."""
    return issue_with(
        scopes_of(role),
        subject,
        key=key,
        issuer=issuer,
        audience=audience,
        ttl_s=ttl_s,
        clock=clock,
    )


def issue_with(
    scopes: frozenset[str],
    subject: str,
    *,
    key: SigningKey,
    issuer: str,
    audience: str,
    ttl_s: float,
    clock: Clock = utc_now,
) -> str:
    """The same with these scopes."""
    if not subject or len(subject) > 128 or not subject.isprintable():
        raise BadInput("subject: expected 1 to 128 printable characters")
    if ttl_s < 1:
        raise BadInput(f"ttl={ttl_s:g} s: expected at least 1 s")
    now = int(clock().timestamp())
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "exp": now + int(ttl_s),
        "jti": uuid4().hex,
        "scope": " ".join(sorted(scopes)),
    }
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


class Verifier:
    """Checks tokens; those found good are remembered by hash until they expire.

    `alg`, `kid`, `iss`, `aud`, `exp` and `iat` are all checked. Not safe across threads: one
    verifier belongs to one event loop.
    """

    def __init__(
        self,
        keys: Iterable[VerifyingKey],
        *,
        issuer: str,
        audience: str,
        clock: Clock = utc_now,
    ) -> None:
        self._keys = {key.kid: key.public for key in keys}
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._known: dict[bytes, Identity] = {}

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock = utc_now) -> Self:
        """A verifier for the platform's own tokens. Raises ConfigError without its public key."""
        key = load_verifying(settings.token_public_key_path)
        return cls(
            [key], issuer=settings.token_issuer, audience=settings.token_audience, clock=clock
        )

    def verify(self, token: str) -> Identity:
        """The identity that the token proves. Raises Unauthenticated, which repeats no input."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        now = self._clock()
        known = self._known.get(digest)
        if known is not None:
            if now < known.expires_at:
                return known
            del self._known[digest]
        identity = self._read(token, now)
        # The one remembered longest goes, and only once the new one is good: a stranger pushes
        # nobody out.
        if len(self._known) >= _MAX_CACHED:
            del self._known[next(iter(self._known))]
        self._known[digest] = identity
        return identity

    def _read(self, token: str, now: datetime) -> Identity:
        claims = self._claims(token)
        issued_at, expires_at = _instant(claims["iat"]), _instant(claims["exp"])
        if expires_at <= now:
            raise Unauthenticated("the token has expired")
        if issued_at > now + LEEWAY:
            raise Unauthenticated("the token is not valid yet")
        if not isinstance(claims["scope"], str):
            raise Unauthenticated("the token's scopes are malformed")
        return Identity(claims["sub"], frozenset(claims["scope"].split()), expires_at)

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims behind a good signature. Times are left to the caller, who has the clock."""
        if len(token) > _MAX_TOKEN_LENGTH:
            raise Unauthenticated("the token is malformed")
        try:
            key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise Unauthenticated("the token is signed by an unknown key")
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidAudienceError as exc:
            raise Unauthenticated("the token is for another audience") from exc
        except jwt.InvalidIssuerError as exc:
            raise Unauthenticated("the token is from another issuer") from exc
        except jwt.InvalidSignatureError as exc:
            raise Unauthenticated("the token's signature is wrong") from exc
        except jwt.InvalidAlgorithmError as exc:
            raise Unauthenticated("the token's algorithm is not accepted") from exc
        except jwt.MissingRequiredClaimError as exc:
            raise Unauthenticated("the token lacks a required claim") from exc
        # A hostile header can nest deeper than the JSON parser goes.
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as exc:
            raise Unauthenticated("the token is malformed") from exc


def _instant(seconds: object) -> datetime:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds < 2**40:
        raise Unauthenticated("the token's times are malformed")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise Unauthenticated("the token's times are malformed") from exc
