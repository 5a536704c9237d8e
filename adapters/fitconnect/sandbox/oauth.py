"""The token endpoint, and who a caller is by its token."""

import base64
import hmac
import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from adapters.fitconnect.sandbox.calls import Answer, Call, Refusal, json_answer
from adapters.fitconnect.sandbox.database import read_fact, write_fact
from adapters.fitconnect.sandbox.keys import decoded, encoded
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

LIFETIME: Final = 1800
SENDER: Final = "sender"
SUBSCRIBER: Final = "subscriber"
_PREFIX: Final = "https://schema.fitko.de/fit-connect/oauth/scopes/"
SCOPES: Final = {
    SENDER: (f"{_PREFIX}send-submissions",),
    SUBSCRIBER: (f"{_PREFIX}manage-destinations", f"{_PREFIX}subscribe-destinations"),
}
_LARGEST: Final = 16 * 1024
_UNCACHED: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """An API client, as the Self-Service-Portal knows it."""

    client_id: str
    role: str


async def token(dienst: Zustelldienst, call: Call) -> Answer:
    """``POST /token``: client credentials in the body; Basic is not understood."""
    call.must_be("application/x-www-form-urlencoded")
    try:
        form = parse_qs((await call.read(_LARGEST)).decode(), strict_parsing=True)
    except ValueError:
        return _no(400, "invalid_request")
    if form.get("grant_type") != ["client_credentials"]:
        return _no(400, "unsupported_grant_type")
    [client_id], [secret] = (form.get(n, [""])[:1] for n in _CREDENTIALS)
    row = dienst.database.execute(
        "SELECT * FROM clients WHERE client_id = ?", (client_id,)
    ).fetchone()
    if row is None or not hmac.compare_digest(row["secret"].encode(), secret.encode()):
        return _no(401, "invalid_client")
    scopes = SCOPES[row["role"]]
    if not {one for text in form.get("scope", []) for one in text.split()} <= set(
        scopes
    ):
        return _no(400, "invalid_scope")
    made = {
        "access_token": _make(dienst, client_id, row["role"]),
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": " ".join(scopes),
    }
    return Answer(body=json.dumps(made).encode(), headers=_UNCACHED)


def client_of(dienst: Zustelldienst, call: Call) -> Client:
    """Who calls. Raises Refusal."""
    scheme, _, given = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise _unauthorized("There is no access token.")
    signed, _, signature = given.rpartition(".")
    right = _signature(dienst, signed)
    if not hmac.compare_digest(signature.encode(), right.encode()):
        raise _unauthorized("The access token is not one of ours.")
    claims = json.loads(decoded(signed.partition(".")[2]))
    if claims["exp"] <= dienst.clock.now() or claims["epoch"] != _epoch(dienst):
        raise _unauthorized("The access token has expired.")
    return Client(client_id=claims["sub"], role=claims["role"])


def role_of(dienst: Zustelldienst, call: Call, role: str) -> Client:
    """A caller that must have this role. Raises Refusal."""
    client = client_of(dienst, call)
    if client.role != role:
        raise forbidden(f"Only a {role} may do this.")
    return client


def expire_tokens(dienst: Zustelldienst) -> None:
    """From now on no token is good that was handed out before."""
    write_fact(dienst.database, "token_epoch", _epoch(dienst) + 1)


def forbidden(detail: str) -> Refusal:
    """The caller is known, and may not."""
    return Refusal(403, "forbidden", detail=detail)


_CREDENTIALS: Final = ("client_id", "client_secret")


def _make(dienst: Zustelldienst, client_id: str, role: str) -> str:
    now = int(dienst.clock.now())
    claims = {
        "iss": dienst.base_url,
        "sub": client_id,
        "role": role,
        "iat": now,
        "exp": now + LIFETIME,
        "epoch": _epoch(dienst),
    }
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_signature(dienst, signed)}"


def _signature(dienst: Zustelldienst, signed: str) -> str:
    secret = str(read_fact(dienst.database, "token_secret"))
    return encoded(
        hmac.digest(base64.b64decode(secret), signed.encode("utf-8"), "sha256")
    )


def _epoch(dienst: Zustelldienst) -> int:
    value = read_fact(dienst.database, "token_epoch")
    return value if isinstance(value, int) else 0


def _unauthorized(detail: str) -> Refusal:
    return Refusal(
        401, "unauthorized", detail=detail, headers={"WWW-Authenticate": "Bearer"}
    )


def _no(status: int, error: str) -> Answer:
    return json_answer({"error": error}, status)
