"""Claims are read strictly, and made as they are read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.events.errors import ClaimsMalformed, TagsMalformed
from adapters.fitconnect.events.tags import Tags, read_tags, tags_json, tags_mapping
from adapters.fitconnect.events.tokens import (
    PREFIX,
    SET_SCHEMA,
    EventProblem,
    Kind,
    SetClaims,
    make_claims,
    read_claims,
)
from tests.unit.fitconnect.events.logs import (
    ATTACHMENT,
    CASE,
    DESTINATION,
    SUBMISSION,
    TAGS,
    said,
)

SUBMIT = make_claims(said(Kind.SUBMIT))
PAYLOAD: Mapping[str, Any] = {"authenticationTags": tags_mapping(TAGS)}
uuids = st.uuids().map(str)
tag = st.text("AZaz09-_", min_size=22, max_size=22)
tags = st.builds(
    Tags,
    metadata=tag,
    data=tag | st.just(""),
    attachments=st.dictionaries(uuids, tag, max_size=5),
)
claims = st.builds(
    SetClaims,
    id=uuids,
    issuer=uuids | st.just("https://test.fit-connect.example/submission-api"),
    submission=uuids,
    case=uuids,
    kind=st.sampled_from(
        [*map(str, Kind), "archive-submission", "https://x.example/y"]
    ),
    at=st.integers(1577833200, 4102444800).map(
        lambda n: datetime.fromtimestamp(n, UTC)
    ),
    tags=st.none() | tags,
    problems=st.lists(
        st.builds(
            EventProblem, type=st.text(min_size=1), title=st.text(), instance=st.text()
        ),
        max_size=3,
    ).map(tuple),
    schema=st.sampled_from(["", SET_SCHEMA]),
)


@given(claims)
def test_making_and_reading_are_each_others_reverse(meant: SetClaims) -> None:
    assert read_claims(make_claims(meant)) == meant


@given(tags)
def test_tags_have_one_text_and_are_read_from_it(meant: Tags) -> None:
    reordered = Tags(
        metadata=meant.metadata,
        data=meant.data,
        attachments=dict(reversed(list(meant.attachments.items()))),
    )

    assert read_tags(tags_json(meant)) == meant
    assert tags_json(reordered) == tags_json(meant)


def test_an_acceptance_looks_as_documented() -> None:
    assert make_claims(said(Kind.ACCEPT)) == {
        "$schema": SET_SCHEMA,
        "jti": "00000000-0000-4000-8000-000000000001",
        "iss": DESTINATION,
        "iat": 1795258801,
        "sub": f"submission:{SUBMISSION}",
        "txn": f"case:{CASE}",
        "events": {
            PREFIX + "accept-submission": {
                "authenticationTags": {
                    "metadata": "m" * 22,
                    "data": "d" * 22,
                    "attachments": {ATTACHMENT: "a" * 22},
                }
            }
        },
    }


def test_a_rejection_names_its_problems() -> None:
    problem = EventProblem(type="t", title="T", detail="D", instance="metadata")
    made: Any = make_claims(said(Kind.REJECT, problems=(problem,)))

    assert made["events"][PREFIX + "reject-submission"] == {
        "problems": [{"type": "t", "title": "T", "detail": "D", "instance": "metadata"}]
    }


def test_a_rejection_without_problems_says_so() -> None:
    made: Any = make_claims(said(Kind.REJECT))

    assert made["events"][PREFIX + "reject-submission"] == {"problems": []}


def test_creation_and_deletion_say_nothing_more() -> None:
    for kind in (Kind.CREATE, Kind.DELETE):
        assert make_claims(said(kind))["events"] == {PREFIX + kind: {}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jti", None),
        ("jti", "1"),
        ("jti", ATTACHMENT + "\n"),
        ("iss", None),
        ("iss", ""),
        ("iss", "a b"),
        ("iss", "x" * 256),
        ("iss", 5),
        ("sub", None),
        ("sub", SUBMISSION),
        ("sub", f"submission:{SUBMISSION}x"),
        ("sub", f"submission:{SUBMISSION}\n"),
        ("sub", f"Submission:{SUBMISSION}"),
        ("sub", f"case:{SUBMISSION}"),
        ("sub", f"reply:{SUBMISSION}"),
        ("sub", [f"submission:{SUBMISSION}"]),
        ("txn", None),
        ("txn", CASE),
        ("txn", f"submission:{CASE}"),
        ("iat", None),
        ("iat", "1795258801"),
        ("iat", 1795258801.5),
        ("iat", True),
        ("iat", 1577833199),
        ("iat", 10**18),
        ("events", None),
        ("events", []),
        ("events", {}),
        ("events", {PREFIX + "submit-submission": PAYLOAD, PREFIX + "x": {}}),
        ("events", {PREFIX + "submit-submission": []}),
        ("events", {PREFIX + "Erika Mustermann": {}}),
        ("events", {PREFIX: {}}),
        ("events", {"": {}}),
        ("events", {"x" * 256: {}}),
        ("$schema", None),
        ("$schema", 5),
        ("$schema", SET_SCHEMA + "x"),
        ("$schema", SET_SCHEMA.replace("1.2.2", "2.0.0")),
        ("$schema", SET_SCHEMA.replace("1.2.2", "1.2")),
        ("$schema", SET_SCHEMA.replace("fitko.de", "fitko.example")),
    ],
)
def test_a_claim_that_is_wrong_is_named(name: str, value: object) -> None:
    wrong = {**SUBMIT, name: value}
    if value is None and name != "$schema":
        del wrong[name]

    with pytest.raises(ClaimsMalformed) as caught:
        read_claims(wrong)
    assert caught.value.detail == name


@pytest.mark.parametrize(
    "payload",
    [
        {"authenticationTags": []},
        {"authenticationTags": "text"},
        {"authenticationTags": {}},
        {"authenticationTags": {"metadata": "m" * 21}},
        {"authenticationTags": {"metadata": "m" * 22, "data": None}},
        {"authenticationTags": {"metadata": "m" * 22, "attachments": []}},
        {"authenticationTags": {"metadata": "m" * 22, "attachments": {"1": "a" * 22}}},
        {"problems": {}},
        {"problems": ["text"]},
        {"problems": [{"title": "no type"}]},
        {"problems": [{"type": 7}]},
        {"problems": [{"type": "t"}] * 1001},
    ],
)
def test_a_payload_that_is_wrong_is_refused(payload: Mapping[str, Any]) -> None:
    with pytest.raises(ClaimsMalformed):
        read_claims({**SUBMIT, "events": {PREFIX + "submit-submission": payload}})


def test_a_set_without_schema_is_read() -> None:
    early = {name: one for name, one in SUBMIT.items() if name != "$schema"}

    assert read_claims(early).schema == ""


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.2.2", "1.99.0"])
def test_every_set_payload_of_the_first_major_is_read(version: str) -> None:
    schema = SET_SCHEMA.replace("1.2.2", version)

    assert read_claims({**SUBMIT, "$schema": schema}).schema == schema


def test_claims_and_members_that_nobody_knows_are_ignored() -> None:
    payload = {**PAYLOAD, "notifyType": "email"}
    more = {**SUBMIT, "exp": 5, "events": {PREFIX + "submit-submission": payload}}

    assert read_claims(more) == read_claims(SUBMIT)


def test_ids_are_the_same_in_capitals() -> None:
    loud = {
        **SUBMIT,
        "sub": f"submission:{SUBMISSION.upper()}",
        "txn": f"case:{CASE.upper()}",
    }

    assert read_claims(loud) == read_claims(SUBMIT)


def test_a_reply_is_no_submission() -> None:
    about = said("create-reply", submission="", reply=ATTACHMENT)
    read = read_claims(make_claims(about))

    assert (read.submission, read.reply) == ("", ATTACHMENT)
    with pytest.raises(ClaimsMalformed):
        read_claims({**make_claims(about), "sub": f"submission:{SUBMISSION}"})


def test_a_problem_that_lacks_words_is_read() -> None:
    payload = {"problems": [{"type": "t", "title": 5}]}
    read = read_claims({**SUBMIT, "events": {PREFIX + "reject-submission": payload}})

    assert read.problems == (EventProblem(type="t"),)


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        [],
        "",
        "[]",
        "{",
        '{"metadata":"%s","metadata":"%s"}' % ("m" * 22, "n" * 22),  # noqa: UP031
        {"data": "d" * 22},
        {"metadata": "m" * 23},
        {"metadata": "m" * 21 + "="},
        {"metadata": "m" * 22, "attachments": {ATTACHMENT: 5}},
        {
            "metadata": "m" * 22,
            "attachments": {ATTACHMENT: "a" * 22, ATTACHMENT.upper(): "b" * 22},
        },
    ],
)
def test_what_are_no_tags_are_refused(value: object) -> None:
    with pytest.raises(TagsMalformed):
        read_tags(value)


def test_tags_without_data_have_none() -> None:
    assert tags_json(Tags(metadata="m" * 22)) == (
        '{"attachments":{},"metadata":"mmmmmmmmmmmmmmmmmmmmmm"}'
    )
