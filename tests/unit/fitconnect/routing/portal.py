"""Routes as the Self-Service-Portal signs them."""

from collections.abc import Mapping
from typing import Final

from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.jws import sign
from adapters.fitconnect.jose.keys import PublicKey
from adapters.fitconnect.routing.answers import Route
from tests.fitconnect_keys import key_for, test_key

ISSUER: Final = "https://portal.example.org"
DESTINATION: Final = "ac715f34-333e-41f4-9bb5-186b309ea233"
LEIKA: Final = "99134005017000"
_REGION: Final = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs:"
Claims = dict[str, object]


def claims(*regions: str, leika: str = LEIKA, **more: object) -> Claims:
    """What is signed of a destination; ``more`` replaces members."""
    service = {
        "gebietIDs": [_REGION + region for region in regions or ("120645410",)],
        "leistungIDs": [f"urn:de:fim:leika:leistung:{leika}"],
    }
    return {
        "submissionHost": "submission-api.example.org",
        "iss": ISSUER,
        "services": [service],
        "destinationId": DESTINATION,
        "iat": 1637863481,
        "jti": "2d1426f2-d673-46de-868e-d96844d24fe1",
        **more,
    }


def signed(
    said: Claims,
    *,
    key: str = "portal",
    kind: str = "JWT",
    algorithms: Algorithms = PRESCRIBED,
) -> str:
    return sign(key_for(key, algorithms), said, kind=kind).decode()


def route(
    said: Claims | None = None, *, key: str = "portal", kind: str = "JWT"
) -> Route:
    token = signed(said or claims(), key=key, kind=kind)
    return Route(destination=DESTINATION, signature=token)


def shown(said: Claims | None = None) -> Mapping[str, object]:
    """The same as an entry of an answer."""
    return {"destinationId": DESTINATION, "destinationSignature": route(said).signature}


class Keys:
    """What the portal publishes."""

    def __init__(self, *names: str) -> None:
        self._keys = {test_key(name).kid: test_key(name).public() for name in names}

    async def key(self, kid: str) -> PublicKey | None:
        return self._keys.get(kid)
