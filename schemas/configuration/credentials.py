"""Finds secrets that stand in a file although only references may."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from schemas.configuration.problems import ConfigProblem, KeyPath
from schemas.secrets import REMEDY, parse_reference
from schemas.services import Setting

_SECRETS: Final = frozenset(
    {
        "apikey",
        "authorization",
        "credential",
        "credentials",
        "kennwort",
        "key",
        "passphrase",
        "passwd",
        "password",
        "passwort",
        "pin",
        "privatekey",
        "pwd",
        "schluessel",
        "secret",
        "token",
    }
)
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_PRIVATE_KEY: Final = "PRIVATE KEY-----"


def literal_secrets(
    values: Mapping[str, Setting], path: KeyPath
) -> tuple[ConfigProblem, ...]:
    """Every value below ``path`` that is, or by its key must be, a secret.

    The last word of a key decides: ``client_secret`` is one, ``token_header`` is
    not. The problems never repeat a value.
    """
    return tuple(
        found
        for key, value in values.items()
        for found in _at(key, value, (*path, key))
    )


def _at(key: str, value: Setting, path: KeyPath) -> Iterable[ConfigProblem]:
    match value:
        case Mapping():
            yield from literal_secrets(value, path)
        case tuple():
            for position, element in enumerate(value):
                yield from _at(key, element, (*path, str(position)))
        case str() if parse_reference(value) is not None:
            return
        case str() if _PRIVATE_KEY in value:
            yield _problem(path, "A private key stands in the file.", REMEDY)
        case str() if _holds_password(value):
            yield _problem(
                path,
                f"The address in `{key}` holds a password.",
                "Take it out of the address and refer to it by a key of its own.",
            )
        case bool():
            return
        case _ if _names_secret(key):
            yield _problem(path, f"`{key}` holds a secret as it is.", REMEDY)


def _names_secret(key: str) -> bool:
    words = _WORD.findall(key)
    return bool(words) and words[-1].lower() in _SECRETS


def _holds_password(text: str) -> bool:
    try:
        return "://" in text and urlsplit(text).password is not None
    except ValueError:
        return False


def _problem(path: KeyPath, sentence: str, remedy: str) -> ConfigProblem:
    return ConfigProblem(path=path, sentence=sentence, remedy=remedy)
