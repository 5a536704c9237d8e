"""Promises about what stands before a body: judged first, and strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.headers import Envelope, collect_headers, read_envelope
from api.intake.limits import DoorLimits
from api.intake.media import is_boundary, parse_header_value
from api.intake.prefer import preferred_wait
from api.intake.refusals import (
    ContentEncodingRefused,
    MediaTypeRefused,
    MultipartMalformed,
    SubmissionTooLarge,
)
from api.refusals import (
    DoorRefusal,
    HeaderRepeated,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    RequestAmbiguous,
    ServiceMalformed,
    ServiceMissing,
)
from schemas.errors import MalformedTrackingId
from tests.fakes.doorstep import HUNDESTEUER, WOHNGELD, headers

VISIBLE = st.characters(
    min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",;\\'
)
QUOTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def read(*more: tuple[str, str], **changes: str | None) -> Envelope:
    return read_named((), *more, **changes)


def read_named(
    service: tuple[str, ...], *more: tuple[str, str], **changes: str | None
) -> Envelope:
    raw = [*headers(**changes).items(), *more]
    return read_envelope(
        collect_headers((n.encode(), v.encode("latin-1")) for n, v in raw),
        service,
        DoorLimits(),
    )


def test_an_envelope_says_everything_but_the_documents() -> None:
    envelope = read(
        amtsweg_replaces="4dh9jjjv2z15g6",
        prefer="wait=5",
        content_length="12",
    )

    assert (envelope.service, envelope.key) == (WOHNGELD, "k-1")
    assert envelope.media_type.value == "application/xml"
    assert (envelope.declared, envelope.wait) == (12, 5)
    assert envelope.replaces == "4DH9J-JJV2Z-15G6"
    assert "k-1" not in repr(envelope)


@given(key=st.text(VISIBLE, min_size=1, max_size=200))
def test_a_bare_key_is_itself(key: str) -> None:
    assert read(idempotency_key=key).key == key


@given(key=st.text(QUOTABLE, min_size=1, max_size=200).filter(str.strip))
def test_a_quoted_key_is_what_it_quotes(key: str) -> None:
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')

    assert read(idempotency_key=f'"{quoted}"').key == key


@pytest.mark.parametrize(
    "key",
    [
        '"',
        '"a',
        'a"b',
        '"a"b',
        '"a\\b"',
        '"ä"',
        "ä",
        "a b",
        "a,b",
        "a;b",
        '""',
        '" "',
        "x" * 201,
        "a\tb",
    ],
)
def test_a_key_out_of_order_is_refused(key: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed):
        read(idempotency_key=key)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_no_key_is_refused(key: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissing):
        read(idempotency_key=key)


@pytest.mark.parametrize("named", [WOHNGELD, f"urn:de:fim:leika:leistung:{WOHNGELD}"])
def test_a_service_is_named_by_header_or_parameter(named: str) -> None:
    assert read(amtsweg_service=named).service == WOHNGELD
    assert read_named((named,), amtsweg_service=None).service == WOHNGELD
    assert read_named((named,)).service == WOHNGELD


@pytest.mark.parametrize(
    "named",
    [
        "",
        "9910702301700",
        "991070230170000",
        "99107023017ooo",
        "٣" * 14,
        "urn:de:fim:leika:99107023017000",
    ],
)
def test_a_service_that_is_no_leika_key_is_refused(named: str) -> None:
    with pytest.raises(ServiceMalformed):
        read_named((named,), amtsweg_service=None)


def test_no_service_and_two_services_are_refused() -> None:
    with pytest.raises(ServiceMissing):
        read(amtsweg_service=None)
    with pytest.raises(ServiceMalformed):
        read_named((HUNDESTEUER,))
    with pytest.raises(ServiceMalformed):
        read_named((WOHNGELD, WOHNGELD), amtsweg_service=None)


@pytest.mark.parametrize(
    "name",
    [
        "idempotency-key",
        "amtsweg-service",
        "content-type",
        "content-length",
        "amtsweg-replaces",
        "content-encoding",
    ],
)
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    with pytest.raises(HeaderRepeated):
        read((name, "1"), (name.title(), "1"))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"content_type": None}, MediaTypeRefused),
        ({"content_type": "text/plain"}, MediaTypeRefused),
        ({"content_type": "application/xml; a"}, MediaTypeRefused),
        ({"content_type": "application/json; charset=latin1"}, MediaTypeRefused),
        ({"content_type": "multipart/mixed; boundary=a"}, MediaTypeRefused),
        ({"content_type": "multipart/form-data"}, MultipartMalformed),
        ({"content_type": "multipart/form-data; boundary="}, MediaTypeRefused),
        ({"content_type": 'multipart/form-data; boundary="a "'}, MultipartMalformed),
        (
            {"content_type": f"multipart/form-data; boundary={'a' * 71}"},
            MultipartMalformed,
        ),
        ({"content_encoding": "gzip"}, ContentEncodingRefused),
        ({"content_length": "-1"}, RequestAmbiguous),
        ({"content_length": "+1"}, RequestAmbiguous),
        ({"content_length": "1,1"}, RequestAmbiguous),
        ({"content_length": "9" * 30}, RequestAmbiguous),
        ({"content_length": "1", "transfer_encoding": "chunked"}, RequestAmbiguous),
        ({"content_length": str(2 << 30)}, SubmissionTooLarge),
        ({"amtsweg_replaces": "A-B"}, MalformedTrackingId),
    ],
)
def test_headers_out_of_order_are_refused(
    changes: dict[str, str], refusal: type[DoorRefusal]
) -> None:
    with pytest.raises(refusal):
        read(**changes)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ([], None),
        (["wait=3"], 3),
        (["Wait = 3"], 3),
        (['wait="3"; a=b'], 3),
        (["respond-async, wait=3"], 3),
        (["respond-async", "wait=3, wait=4"], 3),
        (["wait=600"], 10),
        (["wait=0"], 0),
        (["wait=-1"], None),
        (["wait=a"], None),
        (["wait"], None),
        (["return=minimal"], None),
    ],
)
def test_a_preference_is_capped_and_never_an_error(
    values: list[str], seconds: int | None
) -> None:
    assert preferred_wait(values, longest=10) == seconds


@given(text=st.text(max_size=60))
def test_any_header_value_is_read_or_not(text: str) -> None:
    parse_header_value(text)
    parse_header_value("a/b;" + text)


@given(text=st.text(max_size=80))
def test_a_boundary_is_ascii_and_short(text: str) -> None:
    if is_boundary(text):
        assert len(text.encode("ascii")) == len(text) <= 70
        assert not text.endswith(" ")
