"""Which service a channel's identifier means; and when two submissions are one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.channels import ChannelSubmission, Intact
from schemas.checking.claims import NoClaim, SchemaUri
from schemas.ids import ServiceKey, SourceId, TenantId
from schemas.rules.fingerprint import channel_fingerprint
from schemas.rules.sources import service_of
from schemas.rules.waits import (
    ANSWER_DAYS,
    answer_alarm,
    answer_stage,
    wait_before_look,
)
from schemas.scope import DEFAULT_TENANT
from schemas.sources import Source
from tests.cases import NOW

WOHNGELD = ServiceKey("99107023017000")
LEIKA = f"urn:de:fim:leika:leistung:{WOHNGELD}"
OTHER = ServiceKey("99107023017001")
OURS = frozenset({(DEFAULT_TENANT, WOHNGELD), (DEFAULT_TENANT, OTHER)})
SOURCE = Source(
    id=SourceId("postfach"),
    tenant=DEFAULT_TENANT,
    name="Postfach",
    adapter="memory",
    poll_every=timedelta(seconds=60),
    services={},
    connection={},
)
CAME = ChannelSubmission(
    source=SOURCE.id,
    channel="memory",
    submission="s",
    case="c",
    submitted_at=NOW,
    claim=NoClaim(),
    proof="{}",
    inspection=Intact(),
    events=(),
)


def test_the_digits_of_leika_name_the_service() -> None:
    assert service_of(SOURCE, LEIKA, OURS) == (DEFAULT_TENANT, WOHNGELD)


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        WOHNGELD,
        f"{LEIKA}0",
        f"{LEIKA}\n",
        LEIKA[:-1],
        f"x{LEIKA}",
        LEIKA.upper(),
        LEIKA.replace("0", "\u0660"),
        "urn:de:fim:leika:leistung:99999999999999",
    ],
)
def test_what_is_no_identifier_of_ours_names_nothing(identifier: str) -> None:
    assert service_of(SOURCE, identifier, OURS) is None


def test_what_the_source_says_goes_before_the_digits() -> None:
    mapped = replace(SOURCE, services={LEIKA: OTHER, "urn:x": WOHNGELD})
    without = frozenset({(DEFAULT_TENANT, OTHER)})

    assert service_of(mapped, LEIKA, OURS) == (DEFAULT_TENANT, OTHER)
    assert service_of(mapped, "urn:x", OURS) == (DEFAULT_TENANT, WOHNGELD)
    assert service_of(mapped, "urn:x", without) is None


def test_of_two_tenants_with_the_same_key_the_one_of_the_source_is_meant() -> None:
    there = TenantId("stadt")
    both = OURS | {(there, WOHNGELD)}
    theirs = replace(SOURCE, tenant=there)

    assert service_of(SOURCE, LEIKA, both) == (DEFAULT_TENANT, WOHNGELD)
    assert service_of(theirs, LEIKA, both) == (there, WOHNGELD)
    assert service_of(theirs, LEIKA, OURS) is None
    assert service_of(replace(theirs, services={"urn:x": OTHER}), "urn:x", both) is None


@given(identifier=st.text())
def test_no_text_names_a_service_that_is_not_ours(identifier: str) -> None:
    assert service_of(SOURCE, identifier, OURS) in {None, *OURS}


def test_encrypted_anew_and_opened_late_it_is_the_same_submission() -> None:
    again = replace(
        CAME, claim=SchemaUri(uri="urn:x"), submitted_at=NOW + timedelta(days=1)
    )

    assert channel_fingerprint(WOHNGELD, again) == channel_fingerprint(WOHNGELD, CAME)


@pytest.mark.parametrize(
    "other",
    [
        replace(CAME, proof='{"a":1}'),
        replace(CAME, submission="t"),
        replace(CAME, source=SourceId("zweites")),
        replace(CAME, channel="other"),
        # What moves from one field to the next is not the same.
        replace(CAME, submission="s{}", proof=""),
    ],
)
def test_another_proof_or_id_is_another_submission(other: ChannelSubmission) -> None:
    assert channel_fingerprint(WOHNGELD, other) != channel_fingerprint(WOHNGELD, CAME)


@given(looks=st.integers(0, 1000))
def test_looks_grow_rarer_and_never_stop(looks: int) -> None:
    this, following = wait_before_look(looks), wait_before_look(looks + 1)

    assert timedelta(seconds=10) <= this <= following <= timedelta(hours=1)


@pytest.mark.parametrize("stage", range(1, len(ANSWER_DAYS) + 1))
def test_an_alarm_comes_at_its_moment_and_not_before(stage: int) -> None:
    moment = answer_alarm(stage)

    assert answer_stage(moment) == stage
    assert answer_stage(moment - timedelta(microseconds=1)) == stage - 1
