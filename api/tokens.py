"""Sender tokens: what they look like, and whom a request comes from."""

import re
from typing import Final

from api.intake.headers import Headers, one
from api.refusals import ServiceForbidden, TokenMissing, TokenWrong
from schemas.ids import RandomBytes
from schemas.services import Service
from storage.ports import SenderToken, Tokens

_PREFIX: Final = "amtsweg_"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH: Final = 32
_TOKEN: Final = re.compile(rf"{_PREFIX}[0-9A-Za-z]{{{_LENGTH}}}")
_BEARER: Final = re.compile(r"bearer +(\S+)", re.IGNORECASE)


def new_token(random_bytes: RandomBytes) -> str:
    """A fresh secret, 190 random bits; the prefix lets scanners find leaks."""
    number = int.from_bytes(random_bytes(40), "big")
    characters = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[digit])
    return _PREFIX + "".join(characters)


async def authenticate(headers: Headers, tokens: Tokens) -> SenderToken:
    """Whom the request comes from. Raises TokenMissing, TokenWrong."""
    header = one(headers, "authorization")
    if not header:
        raise TokenMissing
    bearer = _BEARER.fullmatch(header)
    if bearer is None or not _TOKEN.fullmatch(bearer[1]):
        raise TokenWrong
    token = await tokens.find(bearer[1])
    if token is None:
        raise TokenWrong
    return token


def authorize(token: SenderToken, service: Service) -> None:
    """Whether this sender may hand in for this service. Raises ServiceForbidden."""
    office_allowed = not token.offices or service.office in token.offices
    service_allowed = not token.services or service.key in token.services
    if not (office_allowed and service_allowed):
        raise ServiceForbidden
