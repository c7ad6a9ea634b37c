"""The metadata of an instance (IMDSv2), as a server: `python -m tests.cloudbox.metadata PORT ADDRESS NOTICE`.

It answers nobody without a token. NOTICE is a file: while there is none the instance goes on.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "played"


def server(port: int, address: str, notice: Path) -> ThreadingHTTPServer:
    """One that is about to serve, on loopback; port 0 is any."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked = self.path == "/latest/api/token"
            self._answer(200 if asked else 404, TOKEN)

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
                self._answer(401, "")
            elif self.path == "/latest/meta-data/local-ipv4":
                self._answer(200, address)
            elif self.path == "/latest/meta-data/spot/instance-action" and notice.exists():
                self._answer(200, notice.read_text())
            else:
                self._answer(404, "")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing is said of requests."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    server(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])).serve_forever()
