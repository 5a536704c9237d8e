"""What cannot be a reply is refused before FIT-Connect hears of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.fitconnect.outbox.errors import (
    AttachmentsTooLarge,
    CaseUnfit,
    DataTooLarge,
    DataUnfit,
    TooManyAttachments,
)
from adapters.fitconnect.replies.answering import Draft, must_fit
from adapters.fitconnect.replies.errors import NotAFolder
from adapters.fitconnect.replies.saving import draft_of, is_saved
from schemas.errors import StorageBroken
from tests.parcels import make_attachment, make_document

MAIN = make_document()
REPLY = "e9228676-71c5-4c1a-9c83-a308f2f48a3c"


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft(main=replace(MAIN, media_type="application/pdf")), DataUnfit),
        (Draft(main=replace(MAIN, size=17 * 1024 * 1024)), DataTooLarge),
        (
            Draft(main=MAIN, attachments=(make_attachment(),) * 101),
            TooManyAttachments,
        ),
        (
            Draft(
                main=MAIN,
                attachments=(replace(make_attachment(), size=376_000_000),),
            ),
            AttachmentsTooLarge,
        ),
        (
            Draft(
                main=MAIN,
                attachments=(replace(make_attachment(), size=374_000_000),) * 5,
            ),
            AttachmentsTooLarge,
        ),
    ],
)
def test_what_does_not_fit_is_refused(draft: Draft, error: type[CaseUnfit]) -> None:
    with pytest.raises(error):
        must_fit(draft)


def test_a_hundred_attachments_fit() -> None:
    must_fit(Draft(main=MAIN, attachments=(make_attachment(),) * 100))


def test_what_lies_there_and_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / REPLY).mkdir()

    with pytest.raises(NotAFolder):
        is_saved(tmp_path, REPLY)
    (tmp_path / "file").touch()
    with pytest.raises(NotAFolder), draft_of(tmp_path / "file", REPLY):
        raise AssertionError


def test_a_reply_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    def both() -> None:
        with draft_of(tmp_path, REPLY):
            (tmp_path / REPLY).mkdir()
            (tmp_path / REPLY / "metadata.json").write_bytes(b"first")

    with pytest.raises(StorageBroken):
        both()

    assert [one.name for one in tmp_path.iterdir()] == [REPLY]
    assert (tmp_path / REPLY / "metadata.json").read_bytes() == b"first"
