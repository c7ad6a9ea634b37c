"""Reads of PostgreSQL for requests: a replica opens no more connections than it is counted for."""

import asyncio
import threading

from cluster.stores.connections import READS_AT_ONCE
from deployments.http.database import Database


def test_however_many_ask_at_once_a_replica_opens_no_more_connections_than_its_share(database):
    reads = Database(database)
    # Nobody goes on before as many are connected as may be: the test would hang on fewer.
    together = threading.Barrier(READS_AT_ONCE, timeout=30)
    counted, now_open, most = threading.Lock(), 0, 0

    def read(connection):
        nonlocal now_open, most
        with counted:
            now_open += 1
            most = max(most, now_open)
        together.wait()
        answer = connection.execute("SELECT 1 AS one").fetchone()["one"]
        with counted:
            now_open -= 1
        return answer

    async def ask():
        return await asyncio.gather(*(reads.read(read) for _ in range(5 * READS_AT_ONCE)))

    assert asyncio.run(ask()) == [1] * 5 * READS_AT_ONCE
    assert most == READS_AT_ONCE
