"""A web server and a mail server on loopback that keep what they are sent."""

import base64
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread

import pytest
from aiosmtpd.controller import Controller

from cluster.notices.settings import Channel
from tests.servers import free_port

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@dataclass
class Hooks:
    """Answers with the statuses of `script`, then 200. Waits for conditions, never for time."""

    port: int
    script: list[int] = field(default_factory=list)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    changed: Condition = field(default_factory=Condition)
    hold: Event = field(default_factory=Event)  # answers wait for it; set unless a test clears it

    def __post_init__(self):
        self.hold.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hooks/t0p-s3cret-path"

    @property
    def keys(self):
        return [headers["webhook-id"] for headers, _ in self.seen]

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.seen) >= count, timeout=30)

    def take(self, headers, body):
        with self.changed:
            self.seen.append(({name.lower(): value for name, value in headers.items()}, body))
            self.changed.notify_all()
            status = self.script.pop(0) if self.script else 200
        self.hold.wait()
        return status


@pytest.fixture
def hooks():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = kept.take(self.headers, body)
            with suppress(ConnectionError):  # whoever asked may be dead by now
                self.send_response(status)
                if status // 100 == 3:
                    self.send_header("location", kept.url)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Hooks(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


class Mails(list):
    """Messages as they arrived; `refuse` makes the server turn the next ones away."""

    refuse = False

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refuse:
            return "451 try again later"
        self.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mails():
    kept = Mails()
    kept.port = free_port()
    server = Controller(kept, hostname="127.0.0.1", port=kept.port)
    server.start()
    yield kept
    server.stop()


@pytest.fixture
def mail_channel(mails):
    url = f"mailto://127.0.0.1:{mails.port}?from=trii@example.org&to=ada@example.org&mode=insecure"
    return Channel(url=url)


@pytest.fixture
def hook_channel(hooks):
    return Channel(url=hooks.url, secret=SECRET)
