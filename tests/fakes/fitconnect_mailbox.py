"""A FIT-Connect service in memory with one destination, and real cryptography.

Everything it gives out can be tampered with before it is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import httpx

from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.events.tokens import (
    SET_SCHEMA,
    EventProblem,
    Kind,
    SetClaims,
    make_claims,
    read_claims,
)
from adapters.fitconnect.inbox.adapter import FitConnectInbox
from adapters.fitconnect.inbox.settings import FitConnectSource, parse_source
from adapters.fitconnect.jose.algorithms import PRESCRIBED, Algorithms
from adapters.fitconnect.jose.jwe import tag_of
from adapters.fitconnect.jose.jws import sign, verify
from schemas.fields import Fields
from schemas.ids import SourceId
from schemas.services import Setting
from tests.clocks import TestClock
from tests.fakes.fitconnect_api import HOST, problem, surroundings, token_answer
from tests.fakes.fitconnect_deposit import (
    DATA,
    DESTINATION,
    ISSUER,
    SCHEMA,
    SERVICE,
    Change,
    Deposit,
    File,
    make_deposit,
    sealed,
)
from tests.fitconnect_keys import jwk_of, key_for, private_text, public_key, test_key


def environ_with(algorithms: Algorithms = PRESCRIBED) -> dict[str, str]:
    """Secrets and keys of the mailbox's owner."""
    return {
        "FIT_SECRET": "pst",
        "DECRYPTION": private_text("destination", algorithms),
        "OLD": private_text("destination-old", algorithms),
        "SIGNING": private_text("sign-destination", algorithms),
        "CALLBACK": "callback-secret",
    }


ENVIRON: Final = environ_with()


@dataclass
class Mailbox:
    """Answers as FIT-Connect does; ``faults`` answer instead, by path suffix."""

    version: str = "v2"
    clock: TestClock = field(default_factory=TestClock)
    deposits: dict[str, Deposit] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    faults: dict[str, Callable[[httpx.Request], httpx.Response | None]] = field(
        default_factory=dict
    )
    published: list[str] = field(
        default_factory=lambda: ["destination", "destination-old", "sign-destination"]
    )
    card: dict[str, object] = field(default_factory=dict)
    page_limit: int = 500
    algorithms: Algorithms = PRESCRIBED
    """Of everybody's keys and tokens but its owner's, who has settings."""

    def inbox(
        self, environ: Mapping[str, str] | None = None, /, **settings: Setting
    ) -> FitConnectInbox:
        """``environ`` is read each time, so it may change."""
        return FitConnectInbox(
            SourceId("rathaus"),
            self.source(**settings),
            surroundings(self.clock, ENVIRON if environ is None else environ),
            transport=httpx.MockTransport(self.handle),
            pause=self._pause,
        )

    def source(self, **settings: Setting) -> FitConnectSource:
        values: dict[str, Setting] = {
            "version": self.version,
            "token_url": f"{HOST}/token",
            "submission_url": f"{HOST}/submission-api",
            "destination": DESTINATION,
            "client_id": "client",
            "client_secret": "env:FIT_SECRET",
            "decryption_keys": ("env:DECRYPTION", "env:OLD"),
            "signing_key": "env:SIGNING",
            **settings,
        }
        fields = Fields(values)
        source = parse_source(fields)
        assert not fields.finish()
        return source

    def deposit(
        self,
        data: bytes = DATA,
        files: tuple[File, ...] = (),
        *,
        case: str = "",
        key: str = "destination",
        metadata_version: str = "2.1.0",
        change: Change = lambda _: None,
        listed: bool = True,
        compress: bool = False,
    ) -> Deposit:
        """Lay a submission into the mailbox; ``change`` edits the metadata first."""
        deposit = make_deposit(
            data,
            files,
            version=self.version,
            case=case or str(uuid4()),
            key=key,
            metadata_version=metadata_version,
            change=change,
            algorithms=self.algorithms,
            compress=compress,
        )
        deposit.log = [
            self.event(deposit, Kind.CREATE),
            self.event(deposit, Kind.SUBMIT, tags=deposit.tags),
            self.event(deposit, Kind.NOTIFY),
        ]
        self.deposits[deposit.submission] = deposit
        if listed:
            self.listed.append(deposit.submission)
        return deposit

    def event(
        self,
        deposit: Deposit,
        kind: Kind,
        *,
        tags: Tags | None = None,
        problems: tuple[EventProblem, ...] = (),
        key: str = "service",
        issuer: str = ISSUER,
        at: datetime | None = None,
        **claims: str,
    ) -> bytes:
        """A signed event of the service, or of whoever is named."""
        said = SetClaims(
            id=str(uuid4()),
            issuer=issuer,
            submission=claims.get("submission", deposit.submission),
            case=claims.get("case", deposit.case),
            kind=kind.value,
            at=at or self.clock.now() - timedelta(minutes=10),
            tags=tags,
            problems=problems,
            schema=claims.get("schema", SET_SCHEMA),
        )
        return sign(key_for(key, self.algorithms), make_claims(said))

    def seal_anew(self, deposit: Deposit, part: str, plain: bytes) -> None:
        """Other bytes, with tags that fit: what only the sender can have done."""
        name = {"metadata": "encryptedMetadata", "data": "encryptedData"}.get(part)
        token = sealed(plain, algorithms=self.algorithms)
        if name is None:
            deposit.attachments[part] = token.encode()
            attachments = {**deposit.tags.attachments, part: tag_of(token)}
            self.submit_with(deposit, attachments=attachments)
        else:
            deposit.body[name] = token
            self.submit_with(deposit, **{part: tag_of(token)})

    def submit_with(self, deposit: Deposit, **parts: object) -> None:
        """The submit event with other tags."""
        deposit.tags = Tags(
            metadata=str(parts.get("metadata", deposit.tags.metadata)),
            data=str(parts.get("data", deposit.tags.data)),
            attachments=parts.get("attachments", deposit.tags.attachments),  # type: ignore[arg-type]
        )
        deposit.log[1] = self.event(deposit, Kind.SUBMIT, tags=deposit.tags)

    def answers(self, deposit: Deposit) -> list[SetClaims]:
        """What was posted, verified."""
        return [self._claims(token) for token in deposit.log[3:]]

    async def _pause(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The transport's handler."""
        self.requests.append(request)
        path = request.url.path
        for suffix, fault in self.faults.items():
            if path.endswith(suffix):
                answer = fault(request)
                if answer is not None:
                    return answer
        if path == "/token":
            return token_answer()
        if path == "/submission-api/.well-known/jwks.json":
            return httpx.Response(200, json={"keys": [self._jwk("service")]})
        prefix = f"/submission-api/{self.version}"
        assert path.startswith(prefix), path
        return self._answer(request, path.removeprefix(prefix).strip("/").split("/"))

    def _answer(self, request: httpx.Request, parts: list[str]) -> httpx.Response:
        match request.method, parts:
            case "GET", ["submissions", *rest]:
                return self._submission(request, rest)
            case "GET", ["cases", case, "events"]:
                return self._page(request, "eventLog", self._case_log(case))
            case "POST", ["cases", case, "events"]:
                return self._post(case, request.content)
            case "GET", ["destinations", _, "keys", kid]:
                for name in self.published:
                    if test_key(name).kid == kid:
                        return httpx.Response(200, json=self._jwk(name))
                return problem(404, "key-not-found")
            case _:
                assert parts[0] == "destinations", parts
                return httpx.Response(200, json=self._card())

    def _submission(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if not rest:
            return self._page(request, "submissions", self._entries())
        deposit = self.deposits.get(rest[0])
        if deposit is None:
            return problem(404, "submission-not-found")
        match rest[1:]:
            case []:
                return httpx.Response(200, json=deposit.body)
            case ["attachments", name] if name in deposit.attachments:
                return httpx.Response(200, content=deposit.attachments[name])
            case ["events"] if self.version == "v2":
                log = [token.decode() for token in deposit.log]
                return self._page(request, "eventLog", log)
            case _:
                return problem(404, "attachment-not-found")

    def _card(self) -> dict[str, object]:
        return {
            "destinationId": DESTINATION,
            "status": "active",
            "encryptionKid": test_key("destination").kid,
            "metadataVersions": ["2.1.0"],
            "publicServices": [
                {
                    "identifier": SERVICE,
                    "submissionSchemas": [
                        {"schemaUri": SCHEMA, "mimeType": "application/json"}
                    ],
                }
            ],
            **self.card,
        }

    def _entries(self) -> list[dict[str, str]]:
        return [
            {
                "destinationId": DESTINATION,
                "submissionId": id_,
                "caseId": self.deposits[id_].case,
            }
            for id_ in self.listed
        ]

    def _case_log(self, case: str) -> list[str]:
        return [
            token.decode()
            for deposit in self.deposits.values()
            if deposit.case == case
            for token in deposit.log
        ]

    def _page(
        self, request: httpx.Request, name: str, entries: Sequence[object]
    ) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        limit = int(request.url.params.get("limit", len(entries)))
        page = list(entries)[offset : offset + min(limit, self.page_limit)]
        return httpx.Response(
            200,
            json={
                "offset": offset,
                "count": len(page),
                "totalCount": len(entries),
                name: page,
            },
        )

    def _claims(self, token: bytes) -> SetClaims:
        key = public_key("sign-destination", self.algorithms)
        return read_claims(verify(token, key, kind="secevent+jwt"))

    def _jwk(self, name: str) -> dict[str, object]:
        return jwk_of(name, self.algorithms)

    def _post(self, case: str, token: bytes) -> httpx.Response:
        claims = self._claims(token)
        deposit = self.deposits[claims.submission]
        if deposit.case != case or claims.issuer != DESTINATION:
            return problem(422, "bad-event")
        if claims.kind == Kind.ACCEPT.value and claims.tags != deposit.tags:
            return problem(422, "bad-tags")
        if deposit.submission not in self.listed:
            return problem(409, "already-answered")
        deposit.log.append(token)
        self.listed.remove(deposit.submission)
        return httpx.Response(204)
