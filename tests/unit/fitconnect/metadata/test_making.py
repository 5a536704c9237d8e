"""What we write as metadata is what recipients read."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.metadata.making import Author, MetadataUnfit, make_metadata
from adapters.fitconnect.metadata.reading import read_metadata
from adapters.fitconnect.metadata.values import (
    AttachmentPart,
    DataPart,
    Metadata,
    Payment,
    Reply,
)
from tests.unit.fitconnect.metadata.instances import ID, OTHER_ID, REPLY_KEY

DATA = DataPart(hash="0a" * 64, schema_uri="urn:x", mime="application/json")
ATTACHMENT = AttachmentPart(
    id=ID,
    hash="0b" * 64,
    purpose="attachment",
    mime="application/pdf",
    filename="Ä.pdf",
)
FIRST = Metadata(
    version="1.0.0",
    data=DATA,
    attachments=(ATTACHMENT,),
    service="urn:de:fim:leika:leistung:99107015017000",
    reference="2026-000123",
)
SECOND = replace(FIRST, version="2.1.0", service="", application_date="2026-11-21")
PAYMENT = Payment(
    reference="KZ 1",
    transaction="t-1",
    method="PAYPAL",
    status="BOOKED",
    amount=Decimal("19.99"),
)
OFFER = Reply(
    kind="fitConnect",
    content={"processStandards": ["urn:x"], "encryptionPublicKey": REPLY_KEY},
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
parts = st.builds(
    AttachmentPart,
    id=st.uuids(version=4).map(str),
    hash=st.binary(min_size=64, max_size=64).map(bytes.hex),
    purpose=st.sampled_from(["form", "attachment", "report", "data"]),
    mime=st.just("application/pdf"),
    filename=texts,
    fragments=st.lists(st.uuids(version=4).map(str), max_size=3, unique=True).map(
        tuple
    ),
)
payments = st.builds(
    Payment,
    reference=texts,
    transaction=st.just("t-1"),
    method=st.just("OTHER"),
    status=st.just("BOOKED"),
    amount=st.none()
    | st.decimals(min_value="0.01", max_value="1E9", places=2, allow_nan=False),
)
seconds = st.builds(
    Metadata,
    version=st.sampled_from(["2.0.0", "2.1.0", "2.7.3"]),
    data=st.just(DATA),
    attachments=st.lists(parts, max_size=4).map(tuple),
    payment=st.none() | payments,
    reply=st.none()
    | st.builds(Reply, kind=st.just("elster"), content=st.just({"accountId": "1"})),
    reference=texts,
)


@pytest.mark.parametrize("meant", [FIRST, SECOND])
def test_what_is_made_is_read_as_it_was_meant(meant: Metadata) -> None:
    assert read_metadata(make_metadata(meant)) == meant


@given(seconds)
def test_making_and_reading_are_each_others_reverse(meant: Metadata) -> None:
    assert read_metadata(make_metadata(meant)) == meant


@pytest.mark.parametrize(
    ("meant", "file"),
    [
        (FIRST, "metadata.schema.v1.0.0.json"),
        (replace(SECOND, payment=PAYMENT), "metadata-2.1.0.schema.json"),
        (replace(SECOND, reply=OFFER), "metadata-2.1.0.schema.json"),
    ],
)
def test_what_is_made_fulfils_the_official_schema(
    shared: Path, meant: Metadata, file: str
) -> None:
    schema = (shared / "reference" / "fitconnect" / file).read_text("utf-8")
    made = json.loads(make_metadata(meant, offers_reply=True), parse_float=Decimal)

    assert jsonschema_rs.validator_for(schema).is_valid(made)


@pytest.mark.parametrize("amount", ["19.99", "4.35", "0.07", "19.90", "100", "1E+2"])
def test_amounts_leave_exactly_as_they_are(amount: str) -> None:
    payment = replace(PAYMENT, amount=Decimal(amount))
    made = make_metadata(replace(SECOND, payment=payment))

    assert f'"grossAmount":{Decimal(amount):f}}}'.encode() in made


def test_the_second_generation_tells_the_author_and_the_first_the_service() -> None:
    author = Author(name="Kreis Beispiel")
    first = json.loads(make_metadata(FIRST, author=author))
    second = json.loads(make_metadata(SECOND, author=author))

    assert first["publicServiceType"] == {"identifier": FIRST.service}
    assert "author" not in first
    assert second["author"]["name"] == "Kreis Beispiel"
    assert second["author"]["product"]["name"] == "Amtsweg"
    assert "publicServiceType" not in second


def test_a_reply_over_fit_connect_is_offered_only_behind_its_switch() -> None:
    meant = replace(SECOND, reply=OFFER)

    with pytest.raises(MetadataUnfit, match="switched off"):
        make_metadata(meant)
    assert read_metadata(make_metadata(meant, offers_reply=True)) == meant


@pytest.mark.parametrize(
    "meant",
    [
        replace(SECOND, data=None),
        replace(SECOND, service="urn:a:b"),
        replace(SECOND, version="3.0.0"),
        replace(SECOND, version="2.1"),
        replace(SECOND, version="2.1.0/../x"),
        replace(SECOND, data=replace(DATA, hash="0A" * 64)),
        replace(SECOND, data=replace(DATA, mime="text/plain")),
        replace(SECOND, attachments=(ATTACHMENT, ATTACHMENT)),
        replace(SECOND, attachments=(replace(ATTACHMENT, filename="\ud800"),)),
        replace(SECOND, payment=replace(PAYMENT, amount=Decimal("19.995"))),
        replace(SECOND, payment=replace(PAYMENT, amount=Decimal("NaN"))),
        replace(SECOND, payment=replace(PAYMENT, amount=Decimal("Infinity"))),
        replace(SECOND, reply=Reply(kind="eMail", content={})),
        replace(SECOND, reply=Reply(kind="pigeon", content={})),
        replace(
            FIRST,
            attachments=(replace(ATTACHMENT, fragments=(OTHER_ID,)),),
            service="x",
        ),
        replace(FIRST, attachments=(replace(ATTACHMENT, purpose="data"),)),
    ],
)
def test_what_would_not_be_understood_does_not_leave(meant: Metadata) -> None:
    with pytest.raises(MetadataUnfit) as caught:
        make_metadata(meant)

    assert "2026-000123" not in str(caught.value)
    assert "Ä.pdf" not in str(caught.value)
