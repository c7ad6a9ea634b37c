"""A server that speaks Alpaca's protocol on loopback, with the faults that a test asks for."""

import base64
import contextlib
import json
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgpack
from websockets.sync.server import serve

from market.calendar import get_calendar

KEY, SECRET = "AK-for-tests", "secret-for-tests"
CALENDAR = get_calendar("XNYS")
IDS = {"AAA": "aaaa-1", "BBB": "bbbb-2", "CCC": "cccc-3"}


def daily(symbol, day):
    """A daily bar as Alpaca gives it: stamped with midnight in New York."""
    base = 100.0 + ord(symbol[0]) + day.toordinal() % 50
    summer = CALENDAR.session_open(day).hour == 13
    return {
        "t": f"{day.isoformat()}T0{4 if summer else 5}:00:00Z",
        "o": base,
        "h": base + 2,
        "l": base - 1,
        "c": base + 1,
        "v": 1000 + day.day,
        "n": 17,
        "vw": base + 0.5,
    }


def minute(symbol, at):
    base = 100.0 + ord(symbol[0]) + at.minute
    return {
        "t": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "o": base,
        "h": base + 2,
        "l": base - 1,
        "c": base + 1,
        "v": 10.0,
        "n": 3,
        "vw": base,
    }


@cache
def session_bars(symbol, timeframe, day, extended):
    """The bars of one session, in time order."""
    if timeframe == "1Day":
        return [daily(symbol, day)]
    stamps = [at.replace(tzinfo=UTC) for at in CALENDAR.minutes(day).tolist()]
    early = [stamps[0] - timedelta(minutes=30)] if extended else []
    return [minute(symbol, at) for at in [*early, *stamps]]


class AlpacaServer:
    """Bars of three symbols on every session and minute, `page` rows a page (of minutes 20 times).

    `faults` are taken one a request of bars, in order: a number is a status (429 with
    `retry_after`), `truncated` half a body, `repeat` the page before again, `drop` the page after,
    `same-token` a page whose token leads to itself, `shuffled` a page backwards.
    `hours` shifts all stamps. `without` bars are not there: (symbol, first, last) by session.
    """

    def __init__(self):
        self.page = 1000
        self.faults = deque()
        self.retry_after = None
        self.hours = 0
        self.extended = False
        self.without = []
        self.actions = {}
        self.requests = []
        self.assets = [
            {"id": IDS[s], "class": "us_equity", "exchange": "NASDAQ", "symbol": s,
             "name": f"{s} Inc.", "status": "active", "price_increment": "0.01"}
            for s in IDS
        ]  # fmt: skip
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def bar_requests(self):
        """The pages of bars that were asked for, without the probes of one bar."""
        return [q for path, q in self.requests if path == "/v2/stocks/bars" and q["limit"] != "1"]

    def bars(self, query):
        """All bars that a query means, in Alpaca's order: by symbol, then by time."""
        begin, end = (datetime.fromisoformat(query[name]) for name in ("start", "end"))
        rows = []
        for symbol in sorted(query["symbols"].split(",")):
            rows += [
                (symbol, bar)
                for bar in self._series(symbol, query["timeframe"], begin.date(), end.date())
                if begin <= datetime.fromisoformat(bar["t"]) <= end
            ]
        return rows

    def _series(self, symbol, timeframe, first, last):
        for day in CALENDAR.sessions(first, last).tolist():
            if any(s == symbol and a <= day <= b for s, a, b in self.without):
                continue
            for bar in session_bars(symbol, timeframe, day, self.extended):
                yield bar if self.hours == 0 else self._shifted(bar)

    def _shifted(self, bar):
        at = datetime.fromisoformat(bar["t"]) + timedelta(hours=self.hours)
        return bar | {"t": at.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def answer_bars(self, query):
        """The page that the token means, spoiled by the next fault; (status, body)."""
        fault = self.faults.popleft() if self.faults and query["limit"] != "1" else None
        if isinstance(fault, int):
            return fault, {"code": 40010001, "message": f"status {fault} on purpose"}
        rows_a_page = self.page * (20 if query["timeframe"] == "1Min" else 1)
        size = min(rows_a_page, int(query["limit"]))
        rows = self.bars(query)
        place = int(base64.b64decode(query["page_token"])) if "page_token" in query else 0
        shown = {"repeat": place - size, "drop": place + size}.get(fault, place)
        page = rows[max(shown, 0) : max(shown, 0) + size]
        if fault == "shuffled":
            page = page[::-1]
        following = max(shown, 0) + size if fault == "drop" else place + size
        token = base64.b64encode(str(place if fault == "same-token" else following).encode())
        bars = {}
        for symbol, bar in page:
            bars.setdefault(symbol, []).append(bar)
        more = following < len(rows) or fault == "same-token"
        body = {"bars": bars, "next_page_token": token.decode() if more else None}
        return ("truncated" if fault == "truncated" else 200), body

    def answer(self, path, query):
        if path == "/v2/stocks/bars":
            return self.answer_bars(query)
        if path == "/v2/assets":
            return 200, self.assets
        if path == "/v1/corporate-actions":
            return 200, {"corporate_actions": self.actions, "next_page_token": None}
        return 404, {"code": 40410000, "message": "not found"}

    def _handler(server):  # noqa: N805 - the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one segment: no waiting for acknowledgements

            def do_GET(self):
                url = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(url.query).items()}
                server.requests.append((url.path, query))
                keys = (self.headers["APCA-API-KEY-ID"], self.headers["APCA-API-SECRET-KEY"])
                if keys == (KEY, SECRET):
                    status, body = server.answer(url.path, query)
                else:
                    status, body = 401, {"code": 40110000, "message": "request is not authorized"}
                text = json.dumps(body).encode()
                self.send_response(200 if status == "truncated" else status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                if status == 429 and server.retry_after is not None:
                    self.send_header("Retry-After", str(server.retry_after))
                self.end_headers()
                if status == "truncated":
                    self.wfile.write(text[: len(text) // 2])
                    self.close_connection = True
                else:
                    self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler


class AlpacaStreamServer:
    """The WebSocket side: says what it is told to, after authentication and a subscription.

    `messages` is one list of batches for each connection; after its batches a connection is cut,
    except the last one.
    """

    def __init__(self, messages):
        self.messages = deque(messages)
        self.subscriptions = []
        self.connections = 0
        self._server = serve(self._talk, "127.0.0.1", 0)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/v2"

    def close(self):
        self._server.shutdown()

    def _talk(self, socket):
        self.connections += 1
        _say(socket, [{"T": "success", "msg": "connected"}])
        sent = msgpack.unpackb(socket.recv())
        if (sent["key"], sent["secret"]) != (KEY, SECRET):
            _say(socket, [{"T": "error", "code": 402, "msg": "auth failed"}])
            return
        _say(socket, [{"T": "success", "msg": "authenticated"}])
        self.subscriptions.append(msgpack.unpackb(socket.recv()))
        _say(socket, [{"T": "subscription", "bars": ["AAA"]}])
        for batch in self.messages.popleft() if self.messages else []:
            _say(socket, batch)
        if not self.messages:
            with contextlib.suppress(Exception):
                socket.recv()  # the last connection stays open until the reader leaves


def _say(socket, messages):
    socket.send(msgpack.packb(messages, datetime=True))


def live_bar(symbol, at, close):
    return {"T": "b", "S": symbol, "t": at, "o": close, "h": close, "l": close, "c": close,
            "v": 5, "n": 2, "vw": close}  # fmt: skip


def live_quote(symbol, at, bid, ask):
    return {"T": "q", "S": symbol, "t": at, "bp": bid, "bs": 1, "bx": "V", "ap": ask, "as": 2,
            "ax": "V", "c": ["R"], "z": "C"}  # fmt: skip


def sessions(first, last):
    return CALENDAR.sessions(first, last).tolist()
