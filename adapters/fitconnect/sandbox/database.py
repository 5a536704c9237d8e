"""The sandbox's books: one SQLite file, written by one thread, committed at once."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clients (
    client_id TEXT PRIMARY KEY, secret TEXT NOT NULL, role TEXT NOT NULL,
    callback TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS destinations (
    destination_id TEXT PRIMARY KEY, owner TEXT NOT NULL, status TEXT NOT NULL,
    encryption_kid TEXT NOT NULL, body TEXT NOT NULL, changed REAL NOT NULL,
    callback TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS links (
    client_id TEXT NOT NULL, destination_id TEXT NOT NULL,
    PRIMARY KEY (client_id, destination_id));
CREATE TABLE IF NOT EXISTS keys (
    destination_id TEXT NOT NULL, kid TEXT NOT NULL, jwk TEXT NOT NULL,
    PRIMARY KEY (destination_id, kid));
CREATE TABLE IF NOT EXISTS cases (
    case_id TEXT PRIMARY KEY, sender TEXT NOT NULL, destination_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parcels (
    parcel_id TEXT PRIMARY KEY, kind TEXT NOT NULL, case_id TEXT NOT NULL,
    destination_id TEXT NOT NULL, author TEXT NOT NULL, reader TEXT NOT NULL,
    version TEXT NOT NULL, state TEXT NOT NULL, service TEXT NOT NULL,
    callback TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '',
    number INTEGER NOT NULL DEFAULT 0, since REAL NOT NULL);
CREATE INDEX IF NOT EXISTS waiting ON parcels (state, destination_id, number);
CREATE INDEX IF NOT EXISTS due ON parcels (state, since);
CREATE INDEX IF NOT EXISTS of_case ON parcels (case_id);
CREATE TABLE IF NOT EXISTS attachments (
    parcel_id TEXT NOT NULL, attachment_id TEXT NOT NULL, place INTEGER NOT NULL,
    tag TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (parcel_id, attachment_id));
CREATE UNIQUE INDEX IF NOT EXISTS once ON attachments (attachment_id);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, jti TEXT NOT NULL UNIQUE,
    case_id TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,
    token TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS event_case ON events (case_id, number);
CREATE INDEX IF NOT EXISTS event_subject ON events (subject, number);
CREATE TABLE IF NOT EXISTS callbacks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, callback TEXT NOT NULL,
    body TEXT NOT NULL, parcel_id TEXT NOT NULL, notifies INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL);
"""


class State(Enum):
    """Where a submission or reply stands."""

    ANNOUNCED = "announced"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Rejected by the Zustelldienst, because nobody came for it."""
    DELETED = "deleted"


def open_database(path: Path) -> sqlite3.Connection:
    """Open or make it; what is committed outlives the process, whatever kills it."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(_TABLES)
    return connection


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; nobody else writes meanwhile, so it must not wait inside."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def read_fact(database: sqlite3.Connection, name: str) -> object:
    """Something that is remembered by name; None where it is not."""
    row = database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else json.loads(row["value"])


def write_fact(database: sqlite3.Connection, name: str, value: object) -> None:
    """Remember something by name."""
    database.execute(
        "INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value))
    )
