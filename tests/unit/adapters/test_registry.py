"""Destinations are read with every problem at once, and built by name."""

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Surroundings
from adapters.memory import MemoryNotes
from adapters.registry import MEMORY, STANDARD, Registry, standard_registry
from adapters.secrets import MachineSecrets
from schemas.clock import SystemClock
from schemas.errors import ConfigurationInvalid
from schemas.ids import DestinationId
from schemas.scope import DEFAULT_TENANT
from schemas.services import Destination, Setting

Table = dict[str, Setting]
GOOD: dict[str, tuple[Table, Table]] = {
    "http": (
        {"path": "/v"},
        {"base_url": "http://127.0.0.1:8093", "certainty": "idempotent"},
    ),
    "fitconnect": (
        {
            "destination": "d40e7b13-8a0f-4f3e-9b6a-6d6f2f1b6c11",
            "schema": "urn:xoev-de:bmk:standard:xbau_2.2#baugenehmigung.antrag.0200",
        },
        {
            "token_url": "http://127.0.0.1:9/token",
            "submission_url": "http://127.0.0.1:9/submission-api",
            "client_id": "amtsweg",
            "client_secret": "env:FIT_SECRET",
        },
    ),
    "folder": ({}, {"path": "ablage"}),
    "memory": ({}, {}),
}


def destination(
    adapter: str,
    mapping: Table | None = None,
    connection: Table | None = None,
) -> Destination:
    good = GOOD.get(adapter, ({}, {}))
    return Destination(
        id=DestinationId("ziel"),
        tenant=DEFAULT_TENANT,
        name="Ziel",
        adapter=adapter,
        max_parallel=4,
        give_up_after=timedelta(days=10),
        mapping=good[0] if mapping is None else mapping,
        connection=good[1] if connection is None else connection,
    )


def problems_of(
    adapter: str, mapping: Table | None = None, connection: Table | None = None
) -> set[str]:
    found = standard_registry().validate(destination(adapter, mapping, connection))
    assert all(problem.sentence and problem.remedy for problem in found)
    return {".".join(problem.path) for problem in found}


def http(**changes: Setting) -> set[str]:
    return problems_of("http", connection=GOOD["http"][1] | changes)


def http_mapping(**changes: Setting) -> set[str]:
    return problems_of("http", mapping=GOOD["http"][0] | changes)


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    secrets = MachineSecrets(environ={}, home=tmp_path)
    return Surroundings(
        secrets=secrets, home=tmp_path, clock=SystemClock(), notes=MemoryNotes()
    )


@pytest.mark.parametrize("adapter", list(GOOD))
async def test_a_good_destination_is_built(
    adapter: str, surroundings: Surroundings
) -> None:
    outbox = standard_registry().build(destination(adapter), surroundings)

    assert await outbox.check()
    await outbox.aclose()


def test_every_adapter_is_tried_here() -> None:
    assert standard_registry().names == tuple(sorted(GOOD))


def test_an_unknown_adapter_is_a_problem() -> None:
    assert problems_of("fax") == {"adapter"}


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ConfigurationInvalid):
        Registry((*STANDARD, MEMORY))


def test_a_fresh_registry_knows_what_it_is_given() -> None:
    assert Registry([MEMORY]).names == ("memory",)


def test_building_what_has_problems_is_refused(surroundings: Surroundings) -> None:
    with pytest.raises(ConfigurationInvalid, match="ziel"):
        standard_registry().build(destination("http", {}, {}), surroundings)


def test_validating_touches_no_file_and_no_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def touched(*_args: object, **_kwargs: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", touched)
    monkeypatch.setattr(os, "stat", touched)
    monkeypatch.setattr("builtins.open", touched)

    assert [problems_of(adapter) for adapter in GOOD] == [set()] * len(GOOD)


def test_every_problem_is_named_at_once() -> None:
    found = problems_of(
        "http",
        {"pth": "/v", "body": "fax", "idempotency_header": "Content-Length"},
        {"base_url": "ftp://x", "certainty": "maybe", "deadline": 900, "tokn": "x"},
    )

    assert found == {
        "mapping.pth",
        "mapping.body",
        "mapping.idempotency_header",
        "connection.base_url",
        "connection.certainty",
        "connection.deadline",
        "connection.tokn",
    }


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    mistyped = destination("http", connection=GOOD["http"][1] | {"dedline": 5})

    (problem,) = standard_registry().validate(mistyped)

    assert problem.path == ("connection", "dedline")
    assert "`deadline`" in problem.remedy


@pytest.mark.parametrize("secret", ["geheim", "", "env:", "file:", "env:A B", 7])
def test_a_literal_secret_is_a_problem_and_is_not_repeated(secret: Setting) -> None:
    found = standard_registry().validate(
        destination(
            "http", connection=GOOD["http"][1] | {"auth": "token", "token": secret}
        )
    )

    assert {problem.path for problem in found} == {("connection", "token")}
    assert all("geheim" not in f"{p.sentence}{p.remedy}" for p in found)


@pytest.mark.parametrize(
    "url",
    [
        "https://fachverfahren.example/api",
        "https://fachverfahren.example:8443",
        "http://[::1]:8093/",
        "https://xn--strae-oqa.example/api/v1/",
    ],
)
def test_a_web_address_is_one(url: str) -> None:
    assert http(base_url=url) == set()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fachverfahren",
        "https://",
        "file:///etc/passwd",
        "https://user:secret@host/",
        "https://host/?a=b",
        "https://host/#x",
        "https://host:99999/",
        "https://host/a b",
        "https://host/../x",
    ],
)
def test_what_is_no_web_address_is_a_problem(url: str) -> None:
    assert http(base_url=url) == {"connection.base_url"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"certainty": "can_be_asked"}, {"receipt_path"}),
        ({"receipt_path": "/receipts"}, {"receipt_path"}),
        ({"receipt_path": "/r/{case_number}"}, {"receipt_path"}),
        ({"receipt_path": "/r/{delivery_id}"}, set()),
        ({"check_path": "/{delivery_id}"}, {"check_path"}),
        ({"deadline": 0}, {"deadline"}),
        ({"deadline": True}, {"deadline"}),
        ({"auth": "basic"}, {"user", "password"}),
        ({"auth": "basic", "user": "a:b", "password": "env:P"}, {"user"}),
        ({"auth": "certificate"}, {"certificate"}),
        ({"auth": "none", "token": "env:T"}, {"token"}),
        ({"auth": "token", "token": "env:T", "token_header": "a b"}, {"token_header"}),
        ({"certificate": "file:c.pem"}, {"key", "base_url"}),
        ({"certificate": "env:C", "key": "file:k"}, {"certificate", "base_url"}),
        ({"ca": "file:ca.pem"}, {"base_url"}),
        ({"receipt_types": "text/html"}, {"receipt_types"}),
        ({"unsure_statuses": ("503",)}, {"unsure_statuses"}),
        ({"absent_text": "{service}"}, {"absent_text"}),
    ],
)
def test_each_problem_of_a_connection_names_its_key(
    changes: Table, expected: set[str]
) -> None:
    assert http(**changes) == {f"connection.{name}" for name in expected}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"headers": {"X-Az": "{case_number}"}}, set()),
        ({"headers": {"X Az": "x"}}, {"headers"}),
        ({"headers": {"Authorization": "Bearer geheim"}}, {"headers"}),
        ({"headers": {"X-Az": "a\r\nb"}}, {"headers"}),
        ({"headers": {"idempotency-key": "x"}}, {"headers"}),
        ({"headers": {"X-Az": "{name}"}}, {"headers"}),
        ({"fields": {"az": "{case_number}"}}, set()),
        ({"fields": {"main": "x"}}, {"fields"}),
        ({"fields": {'a"b': "x"}}, {"fields"}),
        ({"fields": {"az": "x"}, "body": "main"}, {"fields"}),
        ({"path": "v"}, {"path"}),
        ({"path": "/v/{name}"}, {"path"}),
        ({"filenames": "theirs"}, {"filenames"}),
    ],
)
def test_each_problem_of_a_mapping_names_its_key(
    changes: Table, expected: set[str]
) -> None:
    assert http_mapping(**changes) == {f"mapping.{name}" for name in expected}


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ({}, {"path"}),
        ({"path": "../oben"}, {"path"}),
        ({"path": "/srv/a/../../etc"}, {"path"}),
        ({"path": "/mnt/share/in", "mount_point": "/mnt/share"}, set()),
        ({"path": "/mnt/other/in", "mount_point": "/mnt/share"}, {"mount_point"}),
        ({"path": "in", "mount_point": "share"}, {"mount_point"}),
        ({"path": "in", "marker": "x"}, {"marker"}),
    ],
)
def test_each_problem_of_a_folder_names_its_key(
    connection: Table, expected: set[str]
) -> None:
    found = problems_of("folder", connection=connection)

    assert found == {f"connection.{name}" for name in expected}


def test_a_folder_has_no_mapping() -> None:
    assert problems_of("folder", mapping={"path": "/x"}) == {"mapping.path"}
