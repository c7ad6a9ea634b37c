"""The Ed25519 key pair that signs tokens: files, and the id (`kid`) that tokens name it by.

Whatever issues tokens needs both files; whatever only checks them needs the public one.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cluster.errors import ConfigError

PRIVATE_NAME = "token_private.pem"
PUBLIC_NAME = "token_public.pem"


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A private key and its id. It has no repr, so that it never stands in a log."""

    kid: str
    private: Ed25519PrivateKey


@dataclass(frozen=True)
class VerifyingKey:
    """A public key and its id."""

    kid: str
    public: Ed25519PublicKey


def generate(folder: Path) -> None:
    """Write a new pair into `folder` (made 0700): private 0600, public 0644.

    A pair that stands is kept, so that tokens already handed out stay valid; a public file that
    was lost is written again from the private one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_path, public_path = folder / PRIVATE_NAME, folder / PUBLIC_NAME
    if not private_path.exists():
        _write(private_path, _private_pem(Ed25519PrivateKey.generate()), mode=0o600)
        # It belongs to a private key that is gone.
        public_path.unlink(missing_ok=True)
    if not public_path.exists():
        public = load_signing(private_path).private.public_key()
        _write(public_path, _public_pem(public), mode=0o644)


def load_signing(path: Path) -> SigningKey:
    """The private key in a PEM file. Raises ConfigError where it is missing or of another kind."""
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"{path} holds no readable private key: restore or remove it") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path} holds a key of another kind: expected Ed25519")
    return SigningKey(_kid(key.public_key()), key)


def load_verifying(path: Path) -> VerifyingKey:
    """The public key in a PEM file. Raises ConfigError where it is missing or of another kind."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except ValueError as exc:
        raise ConfigError(
            f"{path} holds no readable public key: remove it and start again"
        ) from exc
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{path} holds a key of another kind: expected Ed25519")
    return VerifyingKey(_kid(key), key)


def _kid(key: Ed25519PublicKey) -> str:
    """The key's thumbprint as RFC 7638 defines it (RFC 8037, appendix A.3, for Ed25519)."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    # The order of names and the lack of spaces are the RFC's: another spelling is another
    # thumbprint.
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{_base64url(raw)}"}}'
    return _base64url(hashlib.sha256(jwk.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(
            f"{path} cannot be read ({exc.strerror}): `trii up` makes it on a laptop; that of a "
            "platform elsewhere is brought there"
        ) from exc


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Whole or not at all, and never readable by others for a moment: a new file, then a rename."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # Of a process of the same number that died on its way.
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    # The umask takes bits from the mode that `open` is given.
    draft.chmod(mode)
    draft.replace(path)
