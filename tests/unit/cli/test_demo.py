"""The demonstration: what it makes up, copies, and tells."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.registry import standard_registry
from api.cli.claim import claimed
from api.cli.demo.applications import Application, application
from api.cli.demo.following import way_of
from api.cli.demo.forms import reason_in
from api.cli.demo.preparing import copy_example, prepare_token, specialist_port
from api.cli.posting import Reply
from schemas.cases import Case
from schemas.errors import AlreadyRunning
from schemas.events import RecordedEvent
from schemas.ids import (
    CaseId,
    CaseNumber,
    DestinationId,
    OfficeId,
    SenderId,
    ServiceKey,
    SnapshotHash,
    TenantId,
    TrackingId,
)
from schemas.scope import DEFAULT_TENANT
from schemas.states import CaseState, Closed, Delivering
from storage.configuration import load
from storage.database import Database
from storage.settings import Settings
from storage.tokens import SqlTokens
from tests.clocks import TestClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
numbers = st.integers(min_value=0, max_value=10_000)
chances = st.integers(min_value=0).map(Random)


def is_readable(made: Application) -> bool:
    content = made.main.content
    assert isinstance(content, bytes)
    try:
        if made.main.media_type == "application/json":
            json.loads(content)
        else:
            ET.fromstring(content)  # noqa: S314 - we have made it
    except (ValueError, ET.ParseError):
        return False
    return True


@given(number=numbers, chance=chances)
def test_the_seventh_application_cannot_be_read_and_the_others_can(
    number: int, chance: Random
) -> None:
    made = application(number, chance, NOON)

    assert is_readable(made) is (number % 7 != 6)


def test_services_take_turns_and_now_and_then_one_is_broken() -> None:
    made = [application(number, Random(1), NOON) for number in range(12)]

    assert len({one.service for one in made}) == 3
    assert [at for at, one in enumerate(made) if not one.is_sound] == [6, 10]
    assert any(one.attachments for one in made)
    assert {one.main.media_type for one in made} == {
        "application/json",
        "application/xml",
    }


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, ""),
        ({"problems": []}, ""),
        ({"problems": [{"german": "Ein Satz."}]}, "Ein Satz."),
        ({"problems": [{"german": "Ein Satz."}, {}, {}]}, "Ein Satz. (und 2 mehr)"),
        ({"problems": "?"}, ""),
        ({"problems": ["?"]}, ""),
    ],
)
def test_a_refusal_is_told_by_its_first_reason(
    body: dict[str, object], told: str
) -> None:
    assert reason_in(Reply(status=422, body=body)) == told


def settings_in(home: Path, **more: object) -> Settings:
    return Settings.model_validate({"home": home, **more})


def test_the_example_is_copied_for_the_ports_wanted(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, specialist_port=18_093)

    copy_example(settings)

    configuration = load(settings.config_folder, standard_registry().validate)
    assert specialist_port(configuration) == 18_093


def test_a_copy_nobody_has_changed_is_made_anew(tmp_path: Path) -> None:
    copy_example(settings_in(tmp_path, specialist_port=18_093))

    copy_example(settings_in(tmp_path, specialist_port=18_094))

    configuration = load(tmp_path / "config", standard_registry().validate)
    assert specialist_port(configuration) == 18_094


def test_a_copy_somebody_has_changed_is_left_alone(tmp_path: Path) -> None:
    copy_example(settings_in(tmp_path))
    changed = tmp_path / "config" / "services" / "wohngeld.toml"
    changed.write_text("# mine\n", encoding="utf-8")

    copy_example(settings_in(tmp_path, specialist_port=18_094))

    assert changed.read_text(encoding="utf-8") == "# mine\n"


def test_a_folder_of_ones_own_is_never_touched(tmp_path: Path) -> None:
    own = tmp_path / "config"
    own.mkdir()

    copy_example(settings_in(tmp_path))
    copy_example(settings_in(tmp_path, config=tmp_path / "elsewhere"))

    assert list(own.iterdir()) == []
    assert not (tmp_path / "elsewhere").exists()


async def test_the_token_is_kept_in_a_private_file_and_made_once(
    tmp_path: Path, sqlite_url: str
) -> None:
    database, file = Database(sqlite_url), tmp_path / "demo" / "token"
    await prepare_token(database, TenantId("kreis"), file)
    first = file.read_text(encoding="ascii")

    await prepare_token(database, TenantId("kreis"), file)

    assert file.read_text(encoding="ascii") == first
    assert file.stat().st_mode & 0o077 == 0
    token = await SqlTokens(database, TestClock()).find(first.strip())
    await database.close()
    assert token is not None
    assert token.tenant == "kreis"


def case_in(state: CaseState) -> Case:
    return Case(
        id=CaseId("c"),
        tenant=DEFAULT_TENANT,
        office=OfficeId("wohngeld"),
        number=CaseNumber("2026-000001"),
        tracking_id=TrackingId("x"),
        service=ServiceKey("99107023017000"),
        sender=SenderId("s"),
        snapshot=SnapshotHash("h"),
        state=state,
        received_at=NOON,
        changed_at=NOON,
        replaces=None,
    )


def chain(*kinds: str) -> tuple[RecordedEvent, ...]:
    return tuple(
        RecordedEvent(
            case=CaseId("c"),
            seq=seq,
            kind=kind,
            at=NOON + timedelta(milliseconds=200 * seq),
            actor="worker",
            format=1,
            body=b"{}",
            previous=b"",
            hash=b"",
        )
        for seq, kind in enumerate(kinds)
    )


def test_a_way_is_told_by_its_stations() -> None:
    events = chain(
        "SubmissionReceived",
        "CaseChecked",
        "ReceiptSent",
        "CaseDelivered",
        "CaseDelivered",
        "PackageArchived",
        "CaseClosed",
    )

    way = way_of(case_in(Closed(package="p")), events, "Wohngeld")

    assert way == (
        "2026-000001  Wohngeld             "
        "eingegangen → geprüft → zugestellt → archiviert  1,2 s"
    )


def test_a_case_that_waits_says_for_whom() -> None:
    waiting = Delivering(destination=DestinationId("fachverfahren"), since=NOON)

    way = way_of(case_in(waiting), chain("SubmissionReceived"), "Wohngeld")

    assert "eingegangen → wartet auf fachverfahren" in way


def test_one_home_is_claimed_once_until_it_is_given_back(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"

    with (
        claimed(lock),
        pytest.raises(AlreadyRunning, match=r"process [0-9]+"),
        claimed(lock),
    ):
        pass
    with claimed(lock):
        pass
