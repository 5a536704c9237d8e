"""Reading ``[mapping]`` and ``[connection]`` of a destination in FIT-Connect."""

import re
from typing import Final
from urllib.parse import urlsplit

from adapters.fitconnect.client.settings import parse_credentials, parse_environment
from adapters.fitconnect.keyring.revocation import Policy, Revocation, Source
from adapters.fitconnect.outbox.counterpart import NEWEST, is_version
from adapters.fitconnect.outbox.settings import (
    FRAGMENT,
    MAX_ATTACHMENT,
    MAX_DATA,
    MEGABYTE,
    MOST_DATA,
    Callback,
    FitConnectConnection,
    FitConnectMapping,
    KeyPolicy,
    Mime,
    Named,
    ReplyChannel,
    Routed,
    Target,
)
from adapters.fitconnect.routing.answers import UUID
from adapters.fitconnect.routing.questions import Ags, AreaId, Ars, Place, is_place
from schemas.fields import Fields
from schemas.secrets import FromFile, parse_reference

_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_URN: Final = re.compile(
    r"urn:[a-z0-9][a-z0-9-]{0,31}:[a-z0-9()+,.:=@;$_!*'%/?#-]+", re.IGNORECASE
)
_MOST_IDENTIFIER: Final = 255
_MOST_SCHEMA: Final = 200
_REGION: Final = re.compile(r"DE[0-9]{12}")
_WITH_REAL_CASES: Final = {"stage", "prod"}
_TARGETS: Final = ("destination", "ars", "ags", "area")
_PLACES: Final[dict[str, type[Place]]] = {"ars": Ars, "ags": Ags, "area": AreaId}


def parse_mapping(fields: Fields) -> FitConnectMapping:
    """Read ``[mapping]``; problems are noted in ``fields``."""
    target = _target(fields)
    service = fields.text("service", "")
    if service and (len(service) > _MOST_IDENTIFIER or _URN.fullmatch(service) is None):
        fields.wrong(
            "service",
            "It is no identifier of a service.",
            "Write a URN, or leave it out: then it is the LeiKa key of the case.",
        )
    schema = fields.text("schema")
    if len(schema) > _MOST_SCHEMA or (schema and not urlsplit(schema).scheme):
        fields.wrong("schema", "It is no URI.", "Copy it from the destination.")
    metadata = fields.text("metadata", NEWEST)
    if metadata != NEWEST and not is_version(metadata):
        fields.wrong("metadata", "It is no version.", f'Write "{NEWEST}" or "2.1.0".')
    region = fields.text("region", "")
    if region and not _REGION.fullmatch(region):
        fields.wrong("region", "It is no region.", 'Write "DE" and twelve digits.')
    reply = fields.choice("reply_channel", ReplyChannel, default=ReplyChannel.NONE)
    return FitConnectMapping(
        target=target,
        service=service,
        service_name=fields.text("service_name", ""),
        schema=schema,
        mime=fields.choice("mime", Mime, default=Mime.OF_DOCUMENT),
        metadata=metadata,
        region=region,
        reply=reply,
        reply_address=_reply_address(fields, reply),
        process_standards=_process_standards(fields, reply),
    )


def parse_connection(fields: Fields) -> FitConnectConnection:
    """Read ``[connection]``; problems are noted in ``fields``."""
    replies = fields.flag("replies")
    reply_key = _reply_keys(fields)
    if replies and "reply_key" not in fields:
        fields.wrong("reply_key", "Replies need a key.", "Make one with keygen.")
    return FitConnectConnection(
        environment=parse_environment(fields),
        credentials=parse_credentials(fields),
        keys=_key_policy(fields),
        max_data=int(
            fields.number("max_data", default=MAX_DATA, least=1_000, most=MOST_DATA)
        ),
        fragment=_fragment(fields),
        callback=_callback(fields),
        replies=replies,
        reply_key=reply_key,
    )


def _target(fields: Fields) -> Target:
    named = [name for name in _TARGETS if name in fields]
    for name in named[1:]:
        fields.wrong(
            name, "There is a target already.", f"Keep one of {', '.join(_TARGETS)}."
        )
    name = named[0] if named else "destination"
    text = fields.text(name)
    for other in named[1:]:
        fields.text(other)
    kind = _PLACES.get(name)
    if kind is None:
        if text and not UUID.fullmatch(text.lower()):
            fields.wrong(name, "It is no id of a destination.", "Write its UUID.")
        return Named(destination=text.lower() or _NOBODY)
    place = kind(key=text)
    if text and not is_place(place):
        fields.wrong(name, "The key has another form.", "Compare its digits.")
    return Routed(place=place)


def _reply_address(fields: Fields, reply: ReplyChannel) -> str:
    address = fields.text("reply_address", "")
    needed = reply in {ReplyChannel.E_MAIL, ReplyChannel.DE_MAIL}
    if needed and "@" not in address:
        fields.wrong(
            "reply_address", "The reply channel needs an address.", "Write it here."
        )
    return address


def _process_standards(fields: Fields, reply: ReplyChannel) -> tuple[str, ...]:
    standards = fields.texts("process_standards")
    if reply is ReplyChannel.FIT_CONNECT and not standards:
        fields.wrong(
            "process_standards",
            "A reply over FIT-Connect needs a standard that it may be in.",
            'Write its URI, as in ["urn:xoev-de:bmk:standard:xbau_2.4"].',
        )
    return standards


def _key_policy(fields: Fields) -> KeyPolicy:
    roots = _files(fields, "certificate_roots")
    policy = fields.choice("revocation", Policy, default=Policy.OFF)
    if policy is not Policy.OFF and not roots:
        fields.wrong(
            "revocation",
            "Without roots no certificate is trusted, revoked or not.",
            "Set `certificate_roots`.",
        )
    revocation = Revocation(
        policy=policy, ocsp=fields.text("ocsp", ""), lists=_lists(fields)
    )
    if policy is Policy.REQUIRE and not (revocation.ocsp or revocation.lists):
        fields.wrong("revocation", "Nobody can be asked.", "Set `ocsp` or `crl`.")
    allow_small = fields.flag("allow_small_keys")
    if allow_small and fields.text("environment", "own") in _WITH_REAL_CASES:
        fields.wrong(
            "allow_small_keys",
            "Keys below 4096 bit are for trying out only.",
            "Take it out: this environment carries real cases.",
        )
    return KeyPolicy(
        roots=roots,
        needs_certificate=fields.flag("require_certificate", default=bool(roots)),
        revocation=revocation,
        allow_small=allow_small,
    )


def _lists(fields: Fields) -> tuple[Source, ...]:
    found: list[Source] = []
    for text in fields.texts("crl"):
        match parse_reference(text):
            case FromFile() as file:
                found.append(file)
            case None if urlsplit(text).scheme in {"http", "https"}:
                found.append(text)
            case _:
                fields.wrong("crl", "It is no list.", "Write an address or `file:…`.")
    return tuple(found)


def _fragment(fields: Fields) -> int:
    size = fields.number(
        "fragment_size", default=FRAGMENT, least=MEGABYTE, most=MAX_ATTACHMENT
    )
    return int(size) if fields.flag("fragments") else 0


def _callback(fields: Fields) -> tuple[Callback, ...]:
    url = fields.text("callback_url", "")
    secret = fields.optional_secret("callback_secret")
    if url and urlsplit(url).scheme != "https":
        fields.wrong("callback_url", "FIT-Connect calls back by https only.", "Use it.")
    if url and secret is None:
        fields.wrong(
            "callback_secret", "A callback has a secret always.", "Add a reference."
        )
    return (Callback(url=url, secret=secret),) if url and secret else ()


def _reply_keys(fields: Fields) -> tuple[FromFile, ...]:
    texts = fields.some_texts("reply_key")
    found = [parse_reference(text) for text in texts]
    files = tuple(one for one in found if isinstance(one, FromFile))
    if len(files) < len(found) or ("reply_key" in fields and not found):
        fields.wrong(
            "reply_key",
            "It names no files with keys.",
            'Write `"file:PATH"`, or several in brackets; the first is offered.',
        )
    return files


def _files(fields: Fields, name: str) -> tuple[FromFile, ...]:
    match fields.optional_secret(name):
        case FromFile() as file:
            return (file,)
        case None:
            return ()
        case _:
            fields.wrong(name, "It is read from a file.", "Write `file:PATH`.")
            return ()
