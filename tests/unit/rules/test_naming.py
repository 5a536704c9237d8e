"""Names of documents are ours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import Document, Inline, Role, StoredObject
from schemas.ids import DocumentId
from schemas.rules.naming import document_name


def document(media_type: str, position: int = 0) -> Document:
    return Document(
        stored=StoredObject(
            id=DocumentId("d"), size=1, sha256="", place=Inline(sealed=b"")
        ),
        role=Role.MAIN,
        position=position,
        media_type=media_type,
        sealed_name=b"../../etc/passwd",
    )


@pytest.mark.parametrize(
    ("media_type", "position", "name"),
    [
        ("application/xml", 0, "0000.xml"),
        ("Application/XML; charset=utf-8", 0, "0000.xml"),
        ("application/json", 0, "0000.json"),
        ("application/pdf", 1, "0001.pdf"),
        ("image/jpeg", 100, "0100.jpg"),
        ("application/x-msdownload", 2, "0002.bin"),
        ("", 3, "0003.bin"),
    ],
)
def test_a_name_says_place_and_kind(media_type: str, position: int, name: str) -> None:
    assert document_name(document(media_type, position)) == name


@given(st.text(), st.integers(min_value=0, max_value=9999))
def test_no_name_is_ever_more_than_a_number_and_a_known_ending(
    media_type: str, position: int
) -> None:
    assert re.fullmatch(
        r"\d{4}\.(xml|json|pdf|jpg|png|txt|bin)",
        document_name(document(media_type, position)),
    )
