"""A parcel as a request: values, path, headers, body, all before any byte leaves."""

from dataclasses import dataclass

from adapters.http.bodies import Body, body_of
from adapters.http.client import Headers
from adapters.http.codec import REQUEST
from adapters.http.settings import HttpMapping
from adapters.http.templates import fill_path, is_header_value
from schemas.deliveries import Parcel
from schemas.errors import FailureKind
from schemas.outcomes import DeliveryFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRequest:
    """What is sent for a parcel, except for who we are."""

    path: str
    headers: Headers
    body: Body


def request_of(
    parcel: Parcel, mapping: HttpMapping
) -> DeliveryRequest | DeliveryFailed:
    """The request, or why there can be none for this case."""
    values = {
        "case_number": parcel.case_number,
        "delivery_id": parcel.delivery,
        "received_at": parcel.received_at.isoformat(),
        "service": parcel.service,
        "tracking_id": parcel.tracking_id,
    }
    body = body_of(parcel, mapping, values)
    if isinstance(body, DeliveryFailed):
        return body
    texts = [
        (mapping.idempotency_header, parcel.delivery),
        *((name, template.fill(values)) for name, template in mapping.headers),
    ]
    if not all(is_header_value(text) for _, text in texts):
        return DeliveryFailed(kind=FailureKind.OURS, code=REQUEST)
    return DeliveryRequest(
        path=fill_path(mapping.path, values),
        headers=[
            (b"Content-Type", body.content_type.encode()),
            (b"Content-Length", b"%d" % body.length),
            *((name.encode(), text.encode()) for name, text in texts),
        ],
        body=body,
    )
