import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput, Unauthenticated
from cluster.security import keys, tokens
from cluster.security.scopes import scopes_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def _pair(private):
    kid = keys._kid(private.public_key())
    return keys.SigningKey(kid, private), keys.VerifyingKey(kid, private.public_key())


SIGNING, VERIFYING = _pair(Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER, _ = _pair(Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01"))


def _verifier(*, now=lambda: NOW):
    return tokens.Verifier([VERIFYING], issuer="trii", audience="trii-api", clock=now)


def _issue(*, subject="ada", role="analyst", key=SIGNING, ttl_s=3600, now=lambda: NOW, **over):
    names = {"issuer": "trii", "audience": "trii-api"} | over
    return tokens.issue(subject, role, key=key, ttl_s=ttl_s, clock=now, **names)


def _forge(*, header=None, key=SIGNING.private, algorithm="EdDSA", without=(), **over):
    claims = {
        "iss": "trii",
        "aud": "trii-api",
        "sub": "ada",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
        "scope": "quotes:read",
    } | over
    kept = {name: value for name, value in claims.items() if name not in without}
    return jwt.encode(kept, key, algorithm=algorithm, headers=header or {"kid": SIGNING.kid})


def test_a_token_proves_its_subject_and_the_scopes_of_its_role():
    identity = _verifier().verify(_issue())
    assert identity == tokens.Identity("ada", scopes_of("analyst"), NOW + timedelta(hours=1))


def test_a_token_ends_at_its_expiry_even_when_it_is_remembered():
    now = [NOW]
    verifier = _verifier(now=lambda: now[0])
    token = _issue(ttl_s=60)
    verifier.verify(token)
    now[0] = NOW + timedelta(seconds=60)
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(token)


def _public_key_as_secret():
    """The classic confusion: a token "signed" by HMAC with the public key as the secret."""
    raw = VERIFYING.public.public_bytes_raw()
    return _forge(key=raw, algorithm="HS256")


def _none():
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'kid': SIGNING.kid})}.{part({'sub': 'ada'})}."


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: _issue(audience="elsewhere"), "audience"),
        (lambda: _issue(issuer="mallory"), "issuer"),
        (lambda: _issue(ttl_s=60, now=lambda: NOW - timedelta(hours=1)), "expired"),
        (lambda: _issue(now=lambda: NOW + timedelta(minutes=5)), "not valid yet"),
        (lambda: _issue(key=OTHER), "unknown key"),
        (lambda: _forge(key=OTHER.private), "signature"),
        (lambda: _forge(header={"typ": "JWT"}), "unknown key"),
        (lambda: _forge(without=["exp"]), "required claim"),
        (lambda: _forge(without=["aud"]), "required claim"),
        (lambda: _forge(without=["scope"]), "required claim"),
        (lambda: _forge(exp=1e300), "times are malformed"),
        (lambda: _forge(exp=True), "times are malformed"),
        (lambda: _forge(exp=2**39), "times are malformed"),
        (lambda: _forge(iat="now"), "times are malformed"),
        (lambda: _forge(scope=["quotes:read"]), "scopes are malformed"),
        (lambda: _forge(sub=7), "malformed"),
        (lambda: _forge(aud=["other"]), "audience"),
        (_public_key_as_secret, "algorithm"),
        (_none, "algorithm"),
        (lambda: "", "malformed"),
        (lambda: "a.b.c", "malformed"),
        (lambda: "\ud800", "malformed"),
        (lambda: base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.e30", "malformed"),
        (lambda: "x" * 5000, "malformed"),
    ],
)
def test_nothing_else_is_accepted_and_the_reason_repeats_no_input(make, reason):
    token = make()
    with pytest.raises(Unauthenticated, match=reason) as caught:
        _verifier().verify(token)
    assert not token or token not in str(caught.value)


@given(st.text(max_size=300))
def test_no_text_at_all_breaks_the_verifier(text):
    with pytest.raises(Unauthenticated):
        _verifier().verify(text)


@given(position=st.integers(min_value=0), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(position, flip):
    raw = bytearray(_issue(), "ascii")
    raw[position % len(raw)] ^= flip
    changed = raw.decode("latin-1")
    try:
        identity = _verifier().verify(changed)
    except Unauthenticated:
        return
    # The last letter of base64 carries unused bits, so another spelling of the same token exists.
    assert identity.subject == "ada"
    assert identity.scopes == scopes_of("analyst")


def test_memory_of_good_tokens_is_bounded(monkeypatch):
    monkeypatch.setattr(tokens, "_MAX_CACHED", 3)
    verifier = _verifier()
    for number in range(5):
        verifier.verify(_issue(subject=f"user-{number}"))
    assert len(verifier._known) == 3


@pytest.mark.parametrize("subject", ["", "x" * 129, "a\nb"])
def test_a_subject_that_would_spoil_a_log_gets_no_token(subject):
    with pytest.raises(BadInput, match="subject"):
        _issue(subject=subject)


def test_a_token_that_lives_for_no_time_is_refused():
    with pytest.raises(BadInput, match="ttl=0 s"):
        _issue(ttl_s=0)
