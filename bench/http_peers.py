"""Quotes and predictions through the platform against plain FastAPI on uvicorn, in one run.

    make bench        # needs a running platform (make up) and wrk (apt install wrk)

The peer is what one would write without a platform: one uvicorn worker, FastAPI, an answer of the
same bytes from memory, no identity, no limits, no proxy. Rounds alternate, medians are printed.
"""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from cluster.clock import utc_now
from cluster.laptop.identity import running_settings
from cluster.laptop.ports import answers
from cluster.security.local import issue_local

CONNECTIONS, SECONDS, ROUNDS = 16, 4, 5
BODY = '{"symbols": ["AAPL"], "horizon": 5}'
PEER = """
import json, sys
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
app = FastAPI()
QUOTE, PREDICTION = json.loads(sys.argv[2]), json.loads(sys.argv[3])
class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    symbols: list[str]
    horizon: int
@app.get("/v1/quotes/{symbol}")
async def quote(symbol: str):
    return QUOTE
@app.post("/v1/predictions")
async def predict(request: Request):
    return PREDICTION
import uvicorn
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
"""
POST = """
wrk.method = "POST"
wrk.body = '{body}'
wrk.headers["Content-Type"] = "application/json"
"""


def wrk(url: str, token: str, script: Path | None) -> tuple[float, float, float, int]:
    """Requests a second, p50 and p99 in milliseconds, and answers that were not 2xx."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]
    command += ["-H", f"Authorization: Bearer {token}", *(["-s", str(script)] if script else [])]
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, _ms(text, "50%"), _ms(text, "99%"), int(failed[1]) if failed else 0


def _ms(text: str, row: str) -> float:
    value, unit = re.search(rf"{row}\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("bench: wrk is not installed (apt install wrk)")
    settings = running_settings()
    token = issue_local(settings, role="analyst", clock=utc_now)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=settings.api_url, headers=headers, trust_env=False) as http:
        quote = http.get("/v1/quotes/SYN001").raise_for_status().text
        content = {"content": BODY, "headers": {"Content-Type": "application/json"}}
        prediction = http.post("/v1/predictions", **content).raise_for_status().text
    port = free_port()
    peer = subprocess.Popen([sys.executable, "-c", PEER, str(port), quote, prediction])
    try:
        while not answers(port):
            time.sleep(0.1)
        measure(settings.api_url, f"http://127.0.0.1:{port}", token)
    finally:
        peer.terminate()
        peer.wait()


def measure(ours: str, peer: str, token: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(POST.format(body=BODY))
        print(f"{os.cpu_count()} cores, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s")
        for name, path, lua in (
            ("quotes", "/v1/quotes/SYN001", None),
            ("predictions", "/v1/predictions", script),
        ):
            runs = [
                (wrk(ours + path, token, lua), wrk(peer + path, token, lua)) for _ in range(ROUNDS)
            ]
            report(name, [pair[0] for pair in runs], [pair[1] for pair in runs])


def report(name: str, ours: list[tuple], peer: list[tuple]) -> None:
    for who, rows in (("TRII", ours), ("FastAPI on uvicorn", peer)):
        rate, p50, p99 = (statistics.median(row[i] for row in rows) for i in range(3))
        failed = sum(row[3] for row in rows)
        print(
            f"{name:<12} {who:<20} {rate:8.0f}/s  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  failed {failed}"
        )
    ratios = sorted(a[0] / b[0] for a, b in zip(ours, peer, strict=True))
    print(f"{name:<12} ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
