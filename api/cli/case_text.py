"""One case as text and as JSON; nothing of its contents is in either."""

import dataclasses
import re
from datetime import datetime
from typing import Final

from api.cli.advice import advice
from api.cli.case_check import (
    check_json,
    check_words,
    last_check,
    print_check,
    where,
)
from api.cli.output import (
    Json,
    local,
    say,
    say_fields,
    say_table,
    span,
    stamp,
)
from schemas.cases import Case
from schemas.events import DocumentChecked, Event
from schemas.rules.wording import delivery_word, wording
from schemas.states import CaseState, Refused
from storage.case_file import CaseFile, DeliveryMade, Told

_DIGEST: Final = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")
"""JSON has them whole."""


def case_json(case: Case) -> dict[str, Json]:
    """What every list of cases says of one."""
    return {
        "number": case.number,
        "tracking_id": case.tracking_id,
        "service": case.service,
        "sender": case.sender,
        "office": case.office,
        "received_at": stamp(case.received_at),
        "changed_at": stamp(case.changed_at),
        "state": _state_json(case.state),
        "replaces": case.replaces,
    }


def file_json(file: CaseFile) -> dict[str, Json]:
    """Everything."""
    check = last_check(told.event for told in file.events)
    return case_json(file.case) | {
        "next": advice(file.case),
        "chain_verified": file.is_whole,
        "worker": file.worker,
        "due_at": stamp(file.due_at),
        "check": check_json(check) if check else None,
        "events": [_event_json(told) for told in file.events],
        "deliveries": [_delivery_json(one) for one in file.deliveries],
        "runs": [
            {
                "id": run.id,
                "started_at": stamp(run.started_at),
                "cases": run.cases,
                "outcome": run.outcome,
            }
            for run in file.runs
        ],
    }


def print_file(file: CaseFile) -> None:
    """Where it stands first, then how it came to be there."""
    _print_head(file)
    check = last_check(told.event for told in file.events)
    if check:
        print_check(check)
    else:
        _print_problems(file.case.state)
    _print_deliveries(file.deliveries)
    _print_runs(file)
    _print_events(file)


def _print_head(file: CaseFile) -> None:
    case = file.case
    words = wording(case.state)
    kind = type(case.state).__name__
    code = getattr(case.state, "code", "")
    say_fields(
        (
            ("Case", case.number),
            ("Tracking-ID", case.tracking_id),
            ("Service", case.service),
            ("Office", case.office),
            ("Sender", case.sender),
            ("Received", local(case.received_at)),
            ("Replaces", case.replaces or ""),
            ("State", f"{words.word} ({', '.join(filter(None, (kind, code)))})"),
            ("Since", local(case.changed_at)),
            ("Due", local(file.due_at)),
            ("Worker", file.worker),
            ("Chain", "verified" if file.is_whole else "BROKEN: it does not verify"),
            ("Next", advice(case)),
        )
    )


def _print_problems(state: CaseState) -> None:
    if isinstance(state, Refused):
        say("\nProblems")
        say_table(
            ("CODE", "WHERE", "WHAT"),
            [
                (one.code, where(one.location, one.line), one.german)
                for one in state.problems
            ],
        )


def _print_deliveries(deliveries: tuple[DeliveryMade, ...]) -> None:
    if not deliveries:
        return
    say("\nDeliveries")
    rows: list[tuple[str, ...]] = []
    for one in deliveries:
        word = delivery_word(one.state)
        rows.append((one.destination, one.id, "", word, one.code, local(one.since)))
        rows.extend(
            (
                "",
                "",
                f"{attempt.number}",
                delivery_word(attempt.outcome),
                attempt.code,
                _lasted(attempt.started_at, attempt.finished_at),
            )
            for attempt in one.attempts
        )
    say_table(("DESTINATION", "DELIVERY", "ATTEMPT", "STATE", "CODE", "WHEN"), rows)


def _print_runs(file: CaseFile) -> None:
    if file.runs:
        say("\nRuns")
        say_table(
            ("STARTED", "RUN", "CASES", "OUTCOME"),
            [
                (local(run.started_at), run.id, str(run.cases), run.outcome)
                for run in file.runs
            ],
        )


def _print_events(file: CaseFile) -> None:
    say("\nEvents")
    say_table(
        ("SEQ", "TIME", "ACTOR", "EVENT", "WHAT"),
        [
            (
                str(told.link.seq),
                local(told.link.at),
                _short(told.link.actor),
                told.link.kind,
                "  ".join(
                    f"{name}={_plain(value)}"
                    for name, value in _words(told.event).items()
                ),
            )
            for told in file.events
        ],
    )


def _words(event: Event) -> dict[str, Json]:
    if isinstance(event, DocumentChecked):
        return check_words(event)
    return _fields(event)


def _whole(event: Event) -> dict[str, Json]:
    if isinstance(event, DocumentChecked):
        return {"position": event.position} | check_json(event.result)
    return _fields(event)


def _event_json(told: Told) -> dict[str, Json]:
    return {
        "seq": told.link.seq,
        "at": stamp(told.link.at),
        "actor": told.link.actor,
        "kind": told.link.kind,
        "fields": _whole(told.event),
        "hash": told.link.hash.hex(),
    }


def _delivery_json(one: DeliveryMade) -> dict[str, Json]:
    return {
        "id": one.id,
        "destination": one.destination,
        "generation": one.generation,
        "state": one.state,
        "word": delivery_word(one.state),
        "code": one.code,
        "since": stamp(one.since),
        "receipt_sha256": one.receipt_sha256,
        "attempts": [
            {
                "number": attempt.number,
                "outcome": attempt.outcome,
                "code": attempt.code,
                "started_at": stamp(attempt.started_at),
                "finished_at": stamp(attempt.finished_at),
            }
            for attempt in one.attempts
        ],
    }


def _state_json(state: CaseState) -> dict[str, Json]:
    """Its name and word, and what it holds."""
    return {
        "name": type(state).__name__,
        "word": wording(state).word,
        **_fields(state),
    }


def _fields(value: Event | CaseState) -> dict[str, Json]:
    return {
        field.name: _as_json(getattr(value, field.name))
        for field in dataclasses.fields(value)
    }


def _as_json(value: object) -> Json:
    match value:
        case datetime():
            return stamp(value)
        case tuple():
            return [_as_json(one) for one in value]
        case str() | int() | None:
            return value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                field.name: _as_json(getattr(value, field.name))
                for field in dataclasses.fields(value)
            }
        case _:
            return str(value)


def _plain(value: Json) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return _DIGEST.sub(r"\1…", str(value))


def _short(actor: str) -> str:
    """A worker's name is random; its beginning tells it from others."""
    kind, _, name = actor.partition(":")
    return f"{kind}:{name[:8]}" if kind == "worker" else actor


def _lasted(start: datetime, end: datetime | None) -> str:
    return f"{local(start)}, {span(end - start)}" if end else local(start)
