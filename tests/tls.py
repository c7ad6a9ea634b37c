"""Certificates of a test's own, and TLS before a server that has none: the wheels' servers have none."""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


@dataclass(frozen=True)
class Authority:
    """A CA, and a server's certificate of it for one address (not for `localhost`)."""

    ca: Path
    chain: Path

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.chain)
        return made


def make_authority(folder: Path, address: str = "127.0.0.1") -> Authority:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test CA {folder.name}")])
    ca = _unsigned(name, name, ca_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    server = _unsigned(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test server")]), name, key
    ).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
    )
    found = Authority(folder / "ca.pem", folder / "server.pem")
    found.ca.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    found.chain.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + server.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    return found


def _unsigned(subject, issuer, key):
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


@contextmanager
def tls_before(
    port: int,
    authority: Authority,
    *,
    postgres: bool = False,
    at: tuple[str, int] = ("127.0.0.1", 0),
) -> Iterator[int]:
    """The port of a relay that speaks TLS and hands everything on to `port` of loopback in plain.

    With `postgres` TLS begins where the client asks for it, as that protocol has it; a client that
    does not ask is cut off.
    """
    relay = _Relay(port, authority.context(), postgres=postgres, at=at)
    thread = threading.Thread(target=lambda: asyncio.run(relay.run()))
    thread.start()
    try:
        yield relay.port.result(timeout=10)
    finally:
        relay.stop()
        thread.join()


class _Relay:
    def __init__(
        self, behind: int, context: ssl.SSLContext, *, postgres: bool, at: tuple[str, int]
    ) -> None:
        self.port: Future[int] = Future()
        self._behind, self._context, self._postgres, self._at = behind, context, postgres, at

    async def run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda *_: None)  # handshakes that clients break off
        context = None if self._postgres else self._context
        server = await asyncio.start_server(self._serve, *self._at, ssl=context)
        self.port.set_result(server.sockets[0].getsockname()[1])
        await self._over.wait()
        server.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            if not self._postgres or await self._is_asked(reader, writer):
                behind, to_behind = await asyncio.open_connection("127.0.0.1", self._behind)
                writers.append(to_behind)
                await _first(_copy(reader, to_behind), _copy(behind, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in writers:
                each.transport.abort()

    async def _is_asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if await reader.readexactly(8) != _SSL_REQUEST:
            return False
        writer.write(b"S")
        await writer.start_tls(self._context)
        return True


async def _first(*ways: Coroutine[None, None, None]) -> None:
    """Until one of them ends; the others end with it."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
