"""What a check process is asked arrives as it was; its replies are read strictly."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.checking.orders import (
    Checked,
    RulesCheck,
    RulesChecked,
    WholeCheck,
    order_from_json,
    to_json,
)
from flows.checking.replies import NotAReply, reply_from_json
from schemas.checking.claims import FormOf, NoClaim, SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.findings import (
    CheckResult,
    Finding,
    PackRef,
    Passage,
    Severity,
    StageRun,
)
from schemas.schematron.stage import RulesRun

TEXT = st.text(max_size=20)
REFS = st.builds(PackRef, id=TEXT, version=TEXT, sha256=TEXT)
CLAIMS = st.one_of(
    st.builds(NoClaim),
    st.builds(SchemaUri, uri=TEXT),
    st.builds(FormOf, profile=TEXT, id=TEXT),
)
POLICIES = st.builds(
    CheckPolicy,
    packs=st.lists(TEXT, max_size=3).map(tuple),
    unknown=st.sampled_from(Unknown),
    claim=CLAIMS,
    environment_test=st.sampled_from([None, True, False]),
)
SECONDS = st.floats(min_value=0, max_value=1e6)
ORDERS = st.one_of(
    st.builds(RulesCheck, pack=REFS, limit=SECONDS),
    st.builds(
        WholeCheck,
        media_type=TEXT,
        policy=POLICIES,
        on=st.dates(min_value=date(1900, 1, 1)),
        limit=SECONDS,
        rules_limit=SECONDS,
    ),
)
FINDINGS = st.lists(
    st.builds(
        Finding,
        rule=TEXT,
        severity=st.sampled_from(Severity),
        german=TEXT,
        english=TEXT,
        detail=TEXT,
        path=TEXT,
        line=st.integers(min_value=0, max_value=2**31),
    ),
    max_size=3,
).map(tuple)
STAGES = st.builds(
    StageRun,
    stage=TEXT,
    passage=st.sampled_from(Passage),
    milliseconds=SECONDS,
    note=TEXT,
)
ENGINES = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple)
RESULTS = st.builds(
    CheckResult,
    pack=st.one_of(st.none(), REFS),
    message=TEXT,
    engines=ENGINES,
    stages=st.lists(STAGES, max_size=2).map(tuple),
    findings=FINDINGS,
    left_out=st.integers(min_value=0),
)
RUNS = st.builds(
    RulesRun,
    stage=STAGES,
    findings=FINDINGS,
    engines=ENGINES,
    left_out=st.integers(min_value=0),
)


@given(ORDERS)
def test_an_order_arrives_as_it_was(order: WholeCheck | RulesCheck) -> None:
    assert order_from_json(to_json(order)) == order


@given(result=RESULTS, rules_follow=st.booleans(), leaving=st.booleans())
def test_a_result_comes_back_as_it_was(
    result: CheckResult, *, rules_follow: bool, leaving: bool
) -> None:
    reply = Checked(result=result, rules_follow=rules_follow, leaving=leaving)

    assert reply_from_json(to_json(reply), Checked) == reply


@given(run=RUNS, leaving=st.booleans())
def test_a_run_of_rules_comes_back_as_it_was(run: RulesRun, *, leaving: bool) -> None:
    reply = RulesChecked(run=run, leaving=leaving)

    assert reply_from_json(to_json(reply), RulesChecked) == reply


@pytest.mark.parametrize("body", [b"", b"ready", b"{}", b"[1]", b"\xff", b"null"])
def test_anything_else_is_no_reply(body: bytes) -> None:
    with pytest.raises(NotAReply):
        reply_from_json(body, RulesChecked)
