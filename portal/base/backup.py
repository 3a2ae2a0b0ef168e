"""Copies of the database, and the way back. A backup is a folder: the data, and a manifest that says what it is.

SQLite is copied while it is in use (its backup API); PostgreSQL by pg_dump in its custom form, brought back by
pg_restore and psql in one transaction, so that a restore that fails changes nothing. Keys are not in a backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from portal.base.db import Database
from portal.base.errors import Refused

FORM = 1
MANIFEST = "manifest.json"
_FRESH_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: `engine` sqlite or postgresql, `revision` of the migrations, `sha256` of its one file."""

    form: int
    made_at: str
    engine: str
    revision: str | None
    file: str
    size_bytes: int
    sha256: str


def create_backup(database: Database, folder: Path, *, revision: str | None, now: datetime) -> Manifest:
    """Copy `database` into `folder`, which must be empty or not there yet; readable by its owner alone. Raises Refused."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused("%(folder)s is not empty.", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    name = "database.sqlite" if database.is_sqlite else "database.dump"
    draft = folder / f"{name}.new"
    draft.touch(mode=0o600)
    if database.is_sqlite:
        _copy_sqlite(Path(str(database.url.database)), draft)
    else:
        _run(database, "pg_dump", "--format=custom", "--exclude-table=huey_*", f"--file={draft}")
    draft.replace(folder / name)
    engine = "sqlite" if database.is_sqlite else "postgresql"
    size = (folder / name).stat().st_size
    manifest = Manifest(FORM, now.isoformat(), engine, revision, name, size, _sha256(folder / name))
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Give a backup's manifest after comparing the data with it; raises Refused for what is no sound backup."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Refused("%(folder)s holds no backup of ours.", folder=str(folder)) from error
    data = folder / manifest.file
    if manifest.form != FORM or Path(manifest.file).name != manifest.file or not data.is_file():
        raise Refused("%(folder)s holds no backup that this release can read.", folder=str(folder))
    if data.stat().st_size != manifest.size_bytes or _sha256(data) != manifest.sha256:
        raise Refused("%(file)s is not what was backed up: its checksum differs.", file=manifest.file)
    return manifest


def restore_backup(database: Database, folder: Path, *, replace: bool = False) -> Manifest:
    """Bring a backup back into `database`, whole or not at all. Web and worker should be stopped.

    Raises Refused for an unsound backup, one of the other engine, and a database with tables unless `replace`.
    """
    manifest = read_manifest(folder)
    engine = "sqlite" if database.is_sqlite else "postgresql"
    if manifest.engine != engine:
        raise Refused("The backup is of %(theirs)s, this database is %(ours)s.", theirs=manifest.engine, ours=engine)
    if not replace and has_tables(database):
        raise Refused("The database is not empty. With --replace everything in it is given up.")
    if database.is_sqlite:
        database.close()
        _copy_sqlite(folder / manifest.file, Path(str(database.url.database)))
    else:
        _restore_postgres(database, folder / manifest.file)
    return manifest


def has_tables(database: Database) -> bool:
    """Say whether there is anything in the database but Huey's own tables and Alembic's."""
    return any(not name.startswith(("huey_", "alembic_")) for name in sa.inspect(database.engine).get_table_names())


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        new.execute("PRAGMA busy_timeout=10000")
        old.backup(new)
        broken = new.execute("PRAGMA quick_check(1)").fetchone()[0]
        if broken != "ok":
            raise Refused("The copy is damaged: %(what)s", what=broken)


def _restore_postgres(database: Database, dump: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run(database, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump), connected=False)
        database.close()
        _run(database, "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-c", _FRESH_SCHEMA, "-f", str(script))


def _run(database: Database, program: str, *arguments: str, connected: bool = True) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where `ps` does not show it."""
    path = shutil.which(program)
    if path is None:
        raise Refused("%(program)s is not installed (PostgreSQL's client programs).", program=program)
    environment = dict(os.environ)
    if connected:
        url = database.url
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        environment["PGCONNECT_TIMEOUT"] = "10"
        open_part = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
        arguments = (*arguments, f"--dbname={open_part.render_as_string()}")
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise Refused("%(program)s failed: %(why)s", program=program, why=lines[-1])


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
