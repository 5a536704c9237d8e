"""Promises of the fingerprint: the same for what is the same, and only then."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import Role
from schemas.ids import ServiceKey
from schemas.rules.fingerprint import PartPrint, fingerprint

SERVICES = st.text("0123456789", min_size=1, max_size=3).map(ServiceKey)
# Short texts of few characters: neighbours that must not run together.
TEXTS = st.text("ab\0", max_size=3)
PRINTS = st.builds(
    PartPrint,
    role=st.sampled_from(Role),
    media_type=TEXTS,
    filename=TEXTS,
    sha256=TEXTS,
)
LISTS = st.lists(PRINTS, max_size=3)
STABLE = "505bd5581f8261f070695cbf170cca044e1cc4e216fe11cce1e299d127603a91"


@given(one=st.tuples(SERVICES, LISTS), other=st.tuples(SERVICES, LISTS))
def test_only_the_same_submission_has_the_same_fingerprint(
    one: tuple[ServiceKey, list[PartPrint]], other: tuple[ServiceKey, list[PartPrint]]
) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


def test_the_fingerprint_is_stable_over_releases() -> None:
    part = PartPrint(
        role=Role.MAIN, media_type="text/xml", filename="ä.xml", sha256="0" * 64
    )

    # Keys outlive a release: a retry after an upgrade must still be one.
    assert fingerprint(ServiceKey("99107023017000"), [part]) == STABLE
