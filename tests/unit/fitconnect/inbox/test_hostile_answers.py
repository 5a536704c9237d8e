"""Whatever JSON the service answers with, only errors of ours come of it."""

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fitconnect.events.patterns import is_uuid
from schemas.channels import Announced
from schemas.errors import EngineError
from tests.fakes.fitconnect_deposit import DESTINATION
from tests.fakes.fitconnect_mailbox import Mailbox

ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
ANNOUNCED = Announced(submission=ID, case=ID)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10**12)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from([ID, DESTINATION, "a.b.c", "a.b.c.d.e"])
)
NAMES = st.sampled_from(
    [
        "submissions",
        "totalCount",
        "eventLog",
        "submissionId",
        "caseId",
        "destinationId",
        "attachments",
        "encryptedMetadata",
        "encryptedData",
        "publicService",
        "identifier",
        "status",
        "metadataVersions",
        "publicServices",
        "submissionSchemas",
    ]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6)
    ),
    max_leaves=20,
)


@settings(max_examples=60)
@given(answer=JSON)
async def test_a_hostile_list_gives_ids_or_an_error_of_ours(answer: object) -> None:
    mailbox = Mailbox()
    mailbox.faults["/submissions"] = lambda _: httpx.Response(200, json=answer)

    try:
        found = await mailbox.inbox().listing()
    except EngineError:
        return
    assert all(is_uuid(one.submission) and is_uuid(one.case) for one in found)


@settings(max_examples=60)
@given(answer=JSON, log=JSON)
async def test_a_hostile_submission_gives_an_error_of_ours(
    answer: object, log: object
) -> None:
    mailbox = Mailbox()
    mailbox.faults["/events"] = lambda _: httpx.Response(200, json=log)
    whole = {"submissionId": ID, "caseId": ID, "destinationId": DESTINATION}
    body = {**answer, **whole} if isinstance(answer, dict) else answer
    mailbox.faults[ID] = lambda _: httpx.Response(200, json=body)

    try:
        await mailbox.inbox().open(ANNOUNCED)
    except EngineError:
        return
    raise AssertionError("nothing was proved, and yet it was opened")


@settings(max_examples=40)
@given(answer=JSON)
async def test_a_hostile_card_is_a_finding_at_most(answer: object) -> None:
    mailbox = Mailbox()
    mailbox.faults[DESTINATION] = lambda _: httpx.Response(200, json=answer)

    assert await mailbox.inbox().check()
