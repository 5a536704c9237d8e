"""Whether what a destination sends comes back by a source of the same installation."""

from typing import Final

from adapters.fitconnect.inbox.settings import FitConnectSource, parse_source
from adapters.fitconnect.outbox.parsing import parse_connection, parse_mapping
from adapters.fitconnect.outbox.settings import FitConnectMapping, Named
from adapters.fitconnect.routing.territory import LEIKA_URN
from schemas.configuration.problems import ConfigProblem
from schemas.configuration.rings import Ring
from schemas.fields import Fields
from schemas.rules.sources import service_of

_ADAPTER: Final = "fitconnect"


def closed_ring(ring: Ring) -> tuple[ConfigProblem, ...]:
    """A problem of the destination, or none. Both have been validated.

    Where a route decides, nobody knows before it is asked.
    """
    if not ring.destination.adapter == ring.source.adapter == _ADAPTER:
        return ()
    mapping = parse_mapping(Fields(ring.destination.mapping, "mapping"))
    connection = parse_connection(Fields(ring.destination.connection, "connection"))
    mailbox = parse_source(Fields(ring.source.connection, "connection"))
    there, here = connection.environment, mailbox.environment
    is_there = there.submission_url == here.submission_url
    if not (is_there and _is_same(mapping, mailbox) and _comes_back(ring, mapping)):
        return ()
    return (
        ConfigProblem(
            path=("mapping", "destination"),
            sentence=(
                f"This is the mailbox of the source `{ring.source.id}`, which would "
                f"make another case of each case of {ring.service.key} sent there."
            ),
            remedy=(
                f"Name another destination here, or take `{ring.destination.id}` out "
                "of the service's destinations."
            ),
        ),
    )


def _is_same(mapping: FitConnectMapping, mailbox: FitConnectSource) -> bool:
    target = mapping.target
    return (
        isinstance(target, Named)
        and target.destination.lower() == mailbox.destination.lower()
    )


def _comes_back(ring: Ring, mapping: FitConnectMapping) -> bool:
    """As a case of the same service, and so by the same way out again."""
    sent = mapping.service or LEIKA_URN + ring.service.key
    return service_of(ring.source, sent, {ring.service.id}) is not None
