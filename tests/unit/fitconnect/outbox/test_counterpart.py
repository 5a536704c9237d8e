"""A destination describes itself, and a failure says who has to act."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fitconnect.client.failures import (
    Busy,
    DestinationInactive,
    FitRefused,
    RequestWrong,
)
from adapters.fitconnect.outbox.counterpart import metadata_version, read_counterpart
from adapters.fitconnect.outbox.errors import (
    CounterpartUnfit,
    LogGone,
    MetadataNotOffered,
    TagsDiffer,
)
from adapters.fitconnect.outbox.outcomes import outcome_of
from schemas.errors import EngineError, FailureKind, ObjectDamaged, SecretMissing
from schemas.outcomes import DeliveryFailed, OutcomeUnknown


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Busy(), DeliveryFailed(kind=FailureKind.AWAY, code="E-FIT-BUSY")),
        (
            DestinationInactive(),
            DeliveryFailed(
                kind=FailureKind.AWAY,
                code="E-FIT-DESTINATION-INACTIVE",
                whole_destination=True,
            ),
        ),
        (FitRefused(), DeliveryFailed(kind=FailureKind.SENDER, code="E-FIT-REFUSED")),
        (RequestWrong(), DeliveryFailed(kind=FailureKind.OURS, code="E-FIT-REQUEST")),
        (
            ObjectDamaged(),
            DeliveryFailed(kind=FailureKind.OURS, code="E-OBJECT-DAMAGED"),
        ),
        (
            SecretMissing(),
            DeliveryFailed(
                kind=FailureKind.AWAY, code="E-SECRET-MISSING", whole_destination=True
            ),
        ),
        (TagsDiffer(), DeliveryFailed(kind=FailureKind.OURS, code="E-FIT-TAGS-DIFFER")),
    ],
)
def test_what_never_left_has_failed(
    error: EngineError, outcome: DeliveryFailed
) -> None:
    assert outcome_of(error, may_be_there=False) == outcome


@pytest.mark.parametrize("error", [Busy(), FitRefused(), LogGone(), SecretMissing()])
def test_what_may_be_there_has_not_failed(error: EngineError) -> None:
    assert outcome_of(error, may_be_there=True) == OutcomeUnknown(code=error.code)


@pytest.mark.parametrize(
    ("offered", "wanted", "found"),
    [
        (["1.0.0", "2.1.0", "2.0.0"], "newest", "2.1.0"),
        (["2.10.0", "2.9.0"], "newest", "2.10.0"),
        (["1.0.0", "3.0.0"], "newest", "1.0.0"),
        ([], "newest", "1.0.0"),
        (["1.0.0", "2.1.0"], "1.0.0", "1.0.0"),
        (["2.1.0", "quatsch", "2.1"], "newest", "2.1.0"),
    ],
)
def test_the_newest_metadata_both_know_are_written(
    offered: list[str], wanted: str, found: str
) -> None:
    counterpart = read_counterpart(
        {"status": "active", "encryptionKid": "k", "metadataVersions": offered}, "z"
    )

    assert metadata_version(counterpart, wanted, majors=frozenset({1, 2})) == found


@pytest.mark.parametrize(
    ("offered", "wanted"), [(["3.0.0"], "newest"), (["2.1.0"], "2.0.0")]
)
def test_metadata_nobody_takes_are_not_written(offered: list[str], wanted: str) -> None:
    counterpart = read_counterpart(
        {"status": "active", "encryptionKid": "k", "metadataVersions": offered}, "z"
    )

    with pytest.raises(MetadataNotOffered):
        metadata_version(counterpart, wanted, majors=frozenset({1, 2}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("services", "identifier", "submissionSchemas", "schemaUri", "mimeType")
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(
            (
                "destinationId",
                "status",
                "encryptionKid",
                "metadataVersions",
                "services",
                "publicServices",
            )
        ),
        json_values,
    )
)
def test_any_description_is_read_or_called_strange(answer: dict[str, object]) -> None:
    try:
        found = read_counterpart(answer, "z")
    except CounterpartUnfit:
        return
    assert found.id == "z"
