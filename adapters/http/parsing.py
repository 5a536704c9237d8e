"""Reading ``[mapping]`` and ``[connection]`` of a destination that takes HTTP."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from adapters.http.settings import (
    RESERVED_HEADERS,
    Address,
    BasicLogin,
    BodyForm,
    ClientCertificate,
    Credentials,
    Filenames,
    HttpConnection,
    HttpMapping,
    Login,
    NoCertificate,
    NoLogin,
    TokenLogin,
)
from adapters.http.templates import (
    ASKING,
    Flaw,
    Parsed,
    Template,
    parse_header,
    parse_path,
    parse_text,
)
from schemas.fields import Fields
from schemas.limits import CALL_DEADLINE
from schemas.outcomes import Certainty
from schemas.secrets import FromFile

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def parse_mapping(fields: Fields) -> HttpMapping:
    """Read ``[mapping]``; problems are noted in ``fields``."""
    header = fields.text("idempotency_header", "Idempotency-Key")
    _header_name(fields, "idempotency_header", header)
    texts = fields.table("headers")
    for name in texts:
        _header_name(fields, "headers", name)
        if name.lower() == header.lower():
            fields.wrong("headers", f"`{name}` is set already.", "Remove it.")
    body = fields.choice("body", BodyForm, default=BodyForm.MULTIPART)
    words = fields.table("fields")
    if words and body is BodyForm.MAIN:
        fields.wrong(
            "fields",
            'The body "main" has no room for fields.',
            'Use body = "multipart" or "json", or send them as headers.',
        )
    for name in set(words) & {"main", "attachment", "documents"}:
        fields.wrong("fields", f"`{name}` is the name of the documents.", "Rename it.")
    for name in words:
        if not _TOKEN.fullmatch(name):
            fields.wrong("fields", "A field's name is not plain.", "Use letters.")
    return HttpMapping(
        path=_template(fields, "path", parse_path(fields.text("path", "/"))),
        idempotency_header=header,
        headers=tuple(
            (name, _template(fields, "headers", parse_header(text)))
            for name, text in texts.items()
        ),
        body=body,
        fields=tuple(
            (name, _template(fields, "fields", parse_text(text)))
            for name, text in words.items()
        ),
        filenames=fields.choice("filenames", Filenames, default=Filenames.SENDER),
    )


def parse_connection(fields: Fields) -> HttpConnection:
    """Read ``[connection]``; problems are noted in ``fields``."""
    certainty = fields.choice("certainty", Certainty, default=None)
    asking = _paths(fields, "receipt_path")
    if certainty is Certainty.CAN_BE_ASKED and not asking:
        fields.wrong(
            "receipt_path",
            "A counterpart that can be asked needs a path to ask.",
            'Add receipt_path = "/…/{delivery_id}", or another certainty.',
        )
    for template in asking:
        if "delivery_id" not in {name for _, name in template.parts}:
            fields.wrong("receipt_path", "It names no delivery.", "Add {delivery_id}.")
    most = CALL_DEADLINE.total_seconds()
    seconds = fields.number("deadline", default=most, least=0.1, most=most)
    absent = parse_text(fields.text("absent_text", ""), ASKING)
    address = _address(fields)
    certificate = _certificate(fields)
    ca = _files(fields, "ca")
    if not address.secure and ("ca" in fields or "certificate" in fields):
        fields.wrong(
            "base_url", "Certificates need an encrypted connection.", "Use https://."
        )
    return HttpConnection(
        address=address,
        credentials=_credentials(fields, certificate),
        certificate=certificate,
        ca=ca,
        deadline=timedelta(seconds=seconds),
        certainty=certainty,
        receipt_path=asking,
        absent_text=_template(fields, "absent_text", absent),
        receipt_types=tuple(t.lower() for t in fields.texts("receipt_types")),
        unsure_statuses=frozenset(fields.numbers("unsure_statuses")),
        check_path=tuple(t.literal for t in _paths(fields, "check_path")),
    )


def _address(fields: Fields) -> Address:
    text = fields.text("base_url")
    nowhere = Address(secure=False, host="localhost", port=80, path="")
    if not text:
        return nowhere
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    if url.username is not None or url.password is not None:
        fields.wrong(
            "base_url", "It holds credentials.", "Set `auth` and a secret reference."
        )
        return nowhere
    plain = isinstance(parse_path(url.path or "/", frozenset()), Template)
    if url.scheme not in {"http", "https"} or not url.hostname or not plain:
        fields.wrong(
            "base_url",
            "It is not the address of a web server.",
            'Write "https://host/path".',
        )
        return nowhere
    if url.query or url.fragment:
        fields.wrong("base_url", "It ends in `?` or `#`.", "Leave only the path.")
    secure = url.scheme == "https"
    return Address(
        secure=secure,
        host=url.hostname,
        port=port or (443 if secure else 80),
        path=url.path.rstrip("/"),
    )


def _credentials(
    fields: Fields, certificate: ClientCertificate | NoCertificate
) -> Credentials:
    login = fields.choice("auth", Login, default=Login.NONE)
    if login is Login.TOKEN:
        header = fields.text("token_header", "Authorization")
        scheme = fields.text("token_scheme", "")
        if "token_scheme" not in fields and header == "Authorization":
            scheme = "Bearer"
        if not _TOKEN.fullmatch(header) or (scheme and not _TOKEN.fullmatch(scheme)):
            fields.wrong("token_header", "It is no header's name.", "Use letters.")
        token = fields.secret("token")
        return (
            TokenLogin(header=header, scheme=scheme, token=token)
            if token
            else NoLogin()
        )
    if login is Login.BASIC:
        user, password = fields.text("user"), fields.secret("password")
        if ":" in user:
            fields.wrong("user", "A user's name holds no colon.", "Remove it.")
        return BasicLogin(user=user, password=password) if password else NoLogin()
    if login is Login.CERTIFICATE and isinstance(certificate, NoCertificate):
        fields.wrong("certificate", "`certificate` is missing.", "Add the PEM file.")
    return NoLogin()


def _certificate(fields: Fields) -> ClientCertificate | NoCertificate:
    if "certificate" not in fields:
        return NoCertificate()
    certificate, key = _files(fields, "certificate"), _files(fields, "key")
    password = fields.optional_secret("key_password")
    if not certificate or not key:
        if "key" not in fields:
            fields.wrong("key", "`key` is missing.", "Add the key's PEM file.")
        return NoCertificate()
    return ClientCertificate(
        certificate=certificate[0],
        key=key[0],
        password=(password,) if password else (),
    )


def _files(fields: Fields, name: str) -> tuple[FromFile, ...]:
    match fields.optional_secret(name):
        case FromFile() as file:
            return (file,)
        case None:
            return ()
        case _:
            fields.wrong(name, "TLS reads this from a file.", "Write `file:PATH`.")
            return ()


def _paths(fields: Fields, name: str) -> tuple[Template, ...]:
    text = fields.text(name, "")
    allowed = ASKING if name == "receipt_path" else frozenset[str]()
    return (_template(fields, name, parse_path(text, allowed)),) if text else ()


def _template(fields: Fields, name: str, parsed: Parsed) -> Template:
    match parsed:
        case Template():
            return parsed
        case Flaw(sentence=sentence, remedy=remedy):
            fields.wrong(name, sentence, remedy)
            return Template(parts=())


def _header_name(fields: Fields, key: str, name: str) -> None:
    if not _TOKEN.fullmatch(name):
        fields.wrong(key, "This is no header's name.", "Use letters and dashes.")
    elif name.lower() in RESERVED_HEADERS:
        fields.wrong(key, f"`{name}` is set by Amtsweg itself.", "Remove it.")
