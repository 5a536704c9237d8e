"""A snapshot says for ever what applied, and the same content is the same bytes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.checking.claims import FormOf, NoClaim, SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.configuration.snapshot import (
    FrozenDestination,
    SnapshotContent,
    content_of,
    decode,
    encode,
    snapshots,
)
from schemas.errors import SnapshotUnreadable
from schemas.ids import DestinationId, OfficeId, ServiceKey, StepName, TenantId
from schemas.services import Order, Setting
from tests.unit.configuration.folders import DESTINATION, FACH, FILES, configured

WITH_MAPPING = FILES | {
    DESTINATION: FACH + '[mapping]\nort = "Köln"\n[connection]\ntoken = "env:T"\n'
}
GOLDEN = (
    '{"check":{"packs":[],"unknown":"quarantine"},"deadline_seconds":3628800,'
    '"destinations":[{"adapter":"memory","id":"fach",'
    '"mapping":{"ort":"Köln"}}],"format":2,"name":"Wohngeld für Mieter",'
    '"office":"sozialamt","order":"receipt","process":["check","scan","acknowledge",'
    '"assign","deliver","archive","close"],"retention_class":"10-jahre",'
    '"service":"99107023017000","tenant":"musterland"}'
)
CHECK = '"check":{"packs":[],"unknown":"quarantine"},'
FORMAT_1 = GOLDEN.replace(CHECK, "").replace('"format":2', '"format":1')

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
settings_ = st.recursive(
    st.one_of(
        texts,
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts, inner, max_size=3),
    ),
    max_leaves=8,
)
mappings = st.dictionaries(texts, settings_, max_size=4)
policies = st.builds(
    CheckPolicy,
    packs=st.lists(texts, max_size=3).map(tuple),
    unknown=st.sampled_from(Unknown),
    claim=st.one_of(
        st.builds(NoClaim),
        st.builds(SchemaUri, uri=texts),
        st.builds(FormOf, profile=texts, id=texts),
    ),
)
contents = st.builds(
    SnapshotContent,
    service=texts.map(ServiceKey),
    name=texts,
    tenant=texts.map(TenantId),
    office=texts.map(OfficeId),
    process=st.lists(texts.map(StepName), max_size=8).map(tuple),
    deadline=st.integers(0, 10**9).map(lambda n: timedelta(seconds=n)),
    retention_class=texts,
    order=st.sampled_from(Order),
    check=policies,
    destinations=st.lists(
        st.builds(
            FrozenDestination,
            id=texts.map(DestinationId),
            adapter=texts,
            mapping=mappings,
        ),
        max_size=3,
    ).map(tuple),
)


@given(content=contents)
def test_what_was_encoded_is_decoded(content: SnapshotContent) -> None:
    snapshot = encode(content)

    assert decode(snapshot.body) == content
    assert encode(decode(snapshot.body)) == snapshot


@given(mapping=mappings)
def test_the_order_of_keys_and_the_kind_of_mapping_do_not_matter(
    mapping: Mapping[str, Setting],
) -> None:
    base = next(iter(_contents(FILES)))
    turned = MappingProxyType(dict(reversed(list(mapping.items()))))

    assert encode(_mapped(base, mapping)) == encode(_mapped(base, turned))


def test_the_bytes_of_format_2_never_change() -> None:
    snapshot = snapshots(configured(WITH_MAPPING))[
        TenantId("musterland"), ServiceKey("99107023017000")
    ]

    assert snapshot.body.decode() == GOLDEN
    assert snapshot.hash == hashlib.sha256(GOLDEN.encode()).hexdigest()


def test_before_there_were_packs_any_document_was_taken() -> None:
    before = decode(FORMAT_1.encode())

    assert before.check == CheckPolicy(unknown=Unknown.ACCEPT)
    assert replace(before, check=CheckPolicy()) == decode(GOLDEN.encode())


def test_the_address_stays_where_only_what_is_never_frozen_changes() -> None:
    other = FILES | {
        DESTINATION: FACH.replace("Fachverfahren", "Anderer Name")
        + 'max_parallel = 1\ngive_up_after = "1d"\n[mapping]\nort = "Köln"\n'
        + '[connection]\nbase_url = "http://127.0.0.1:9"\n'
    }

    assert snapshots(configured(other)) == snapshots(configured(WITH_MAPPING))


def test_the_address_changes_with_what_is_frozen() -> None:
    assert snapshots(configured(FILES)) != snapshots(configured(WITH_MAPPING))


def test_nothing_of_the_connection_is_kept() -> None:
    for snapshot in snapshots(configured(WITH_MAPPING)).values():
        assert b"env:T" not in snapshot.body
        assert b"connection" not in snapshot.body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        GOLDEN.replace('"format":2', '"format":3').encode(),
        GOLDEN.replace('"format":2', '"format":true').encode(),
        GOLDEN.replace('"quarantine"', '"whatever"').encode(),
        GOLDEN.replace('"packs":[]', '"packs":"demo"').encode(),
        GOLDEN.replace('"packs":[]', '"packs":[1]').encode(),
        GOLDEN.replace('"packs":[]', '"form":["x"],"packs":[]').encode(),
        GOLDEN.replace('"packs":[]', '"form":"x/y","packs":[]').encode(),
        GOLDEN.replace('"packs":[]', '"schema":7,"packs":[]').encode(),
        GOLDEN.replace('"receipt"', '"other"').encode(),
        GOLDEN.replace("3628800", '"6w"').encode(),
        GOLDEN.replace("3628800", "true").encode(),
        GOLDEN.replace("3628800", "1e400").encode(),
        GOLDEN.replace("3628800", "9" * 30).encode(),
        GOLDEN.replace('"Köln"', "null").encode(),
        GOLDEN.replace('{"ort":"Köln"}', "[]").encode(),
        GOLDEN.replace('"check",', "7,").encode(),
        GOLDEN[:-1].encode(),
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(SnapshotUnreadable) as caught:
        decode(body)

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert caught.value.detail == ""


@pytest.mark.parametrize("key", sorted(json.loads(GOLDEN)))
def test_a_snapshot_that_lacks_a_key_is_refused(key: str) -> None:
    plain = json.loads(GOLDEN)
    del plain[key]

    with pytest.raises(SnapshotUnreadable):
        decode(json.dumps(plain).encode())


def _contents(files: Mapping[str, str | bytes]) -> tuple[SnapshotContent, ...]:
    loaded = configured(files)
    return tuple(
        content_of(service, loaded.destinations) for service in loaded.services.values()
    )


def _mapped(base: SnapshotContent, mapping: Mapping[str, Setting]) -> SnapshotContent:
    first = replace(base.destinations[0], mapping=mapping)
    return replace(base, destinations=(first,))
