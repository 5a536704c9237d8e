"""``amtsweg fitconnect trace``: where a submission is, and what to do, in German."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import typer

from adapters.fitconnect.jose import base64url
from api.cli.fitconnect_live import Live, look
from api.cli.house import CLOCK, House
from api.cli.output import (
    Json,
    local,
    note,
    say,
    say_fields,
    say_json,
    say_table,
    stamp,
)
from schemas.channels import ChannelEvent, Stage
from schemas.rules.replies import standing_of_reply
from schemas.rules.tracing import (
    UNKNOWN,
    UNKNOWN_THERE_TOO,
    Came,
    Standing,
    Went,
    author_word,
    event_word,
    in_order,
    standing_of_came,
    standing_of_went,
    together,
    waiting_there,
)
from schemas.rules.wording import wording
from schemas.states import Undeliverable
from storage.channel_traces import SubmissionTrace, Traces, TransmissionTrace
from storage.channels import ChannelStore
from storage.replies import as_replied

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NOT_FOUND: Final = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One submission or delivery, ready to be told."""

    title: str
    ids: tuple[tuple[str, str], ...]
    standing: Standing
    events: tuple[ChannelEvent, ...]
    problems: tuple[tuple[str, str], ...]
    """Code and German sentence."""


async def trace(house: House, text: str, *, live: bool, as_json: bool) -> None:
    """Tell everything that is known of it. Raises Exit where that is nothing."""
    wanted = text.lower() if _UUID.fullmatch(text) else text
    found = await ChannelStore(house.database).find(house.scope, wanted)
    seen = await look(house, wanted, found) if live else Live()
    told = [
        *_came(found, seen),
        *_went(found, seen),
        *_replied(found),
        *_there(found, seen),
    ]
    if as_json:
        say_json([_json(one) for one in told])
    else:
        _show(told)
        if not told:
            is_everybody_asked = live and not seen.failed
            _unknown(UNKNOWN_THERE_TOO if is_everybody_asked else UNKNOWN)
        for name, code in seen.failed:
            note(f"{name} konnte nicht gefragt werden: {code}.")
    if not told:
        raise typer.Exit(_NOT_FOUND)


def _came(found: Traces, seen: Live) -> Iterable[Told]:
    now = CLOCK.now()
    for one in found.submissions:
        submission = one.submission
        events = together(submission.events, seen.events.get(submission.submission, ()))
        came = _as_came(one, events)
        yield Told(
            title=f"Eingegangen über {submission.source}",
            ids=(
                ("Submission-ID", submission.submission),
                ("Case-ID", submission.case),
                ("Vorgang", f"{one.case.number} ({wording(one.case.state).word})"),
                ("Eingereicht", local(submission.submitted_at)),
                ("Hier seit", local(one.case.received_at)),
                ("Beantwortet", local(one.answer.answered_at)),
            ),
            standing=standing_of_came(came, now),
            events=events,
            problems=tuple((each.code, each.german) for each in one.answer.problems),
        )


def _as_came(one: SubmissionTrace, events: tuple[ChannelEvent, ...]) -> Came:
    return Came(
        number=one.case.number,
        source=one.submission.source,
        state=one.case.state,
        submitted_at=one.submission.submitted_at,
        answer=one.answer.state,
        accepted=one.answer.accepted,
        code=one.answer.code,
        tries=one.answer.tries,
        events=events,
    )


def _went(found: Traces, seen: Live) -> Iterable[Told]:
    now = CLOCK.now()
    for stored in found.transmissions:
        one = _refreshed(stored, seen)
        went = Went(
            number=one.case.number,
            destination=one.destination,
            stage=one.stage,
            code=one.code,
            events=one.events,
            is_settled=_is_settled(stored),
        )
        yield Told(
            title=f"Gesendet an {one.destination}",
            ids=(
                ("Submission-ID", one.submission),
                ("Case-ID", one.channel_case),
                ("Zustellung", one.delivery),
                ("Vorgang", f"{one.case.number} ({wording(one.case.state).word})"),
                ("Angesehen", local(one.changed_at)),
                ("Wieder ab", local(one.next_look_at)),
            ),
            standing=standing_of_went(went, now),
            events=in_order(one.events),
            problems=tuple((each.code, each.german) for each in one.problems),
        )


def _refreshed(one: TransmissionTrace, seen: Live) -> TransmissionTrace:
    now = seen.transmissions.get(one.delivery)
    if now is None:
        return one
    return replace(
        one,
        stage=now.stage,
        submission=now.submission,
        channel_case=now.case,
        events=together(one.events, now.events),
        problems=now.problems,
        code="",
    )


def _is_settled(one: TransmissionTrace) -> bool:
    """Taken back once; while nobody has acted, its case lies there as dead."""
    was_taken_back = one.stage in {Stage.REJECTED, Stage.DELETED}
    return was_taken_back and not isinstance(one.case.state, Undeliverable)


def _replied(found: Traces) -> Iterable[Told]:
    now = CLOCK.now()
    for one in found.replies:
        to_us = one.delivery is not None
        yield Told(
            title=f"Antwort von {one.place}" if to_us else "Antwort an den Absender",
            ids=(
                ("Reply-ID", one.reply),
                ("Case-ID", one.channel_case),
                ("Vorgang", one.number),
                ("Abgeschickt", local(one.submitted_at)),
                ("Bemerkt", local(one.first_seen_at)),
                ("Angesehen", local(one.seen_at)),
            ),
            standing=standing_of_reply(as_replied(one), now),
            events=in_order(one.events),
            problems=(),
        )


def _there(found: Traces, seen: Live) -> Iterable[Told]:
    here = {one.submission.submission for one in found.submissions}
    for source, announced in seen.listed:
        if announced.submission not in here:
            yield Told(
                title=f"Wartet in {source}",
                ids=(
                    ("Submission-ID", announced.submission),
                    ("Case-ID", announced.case),
                ),
                standing=waiting_there(source),
                events=(),
                problems=(),
            )


def _show(told: list[Told]) -> None:
    for one in told:
        say(one.title)
        say_fields(
            (
                *one.ids,
                ("Wo", one.standing.where),
                ("Nächste Frist", one.standing.deadline),
                ("Zu tun", one.standing.advice),
            )
        )
        if one.problems:
            say_table(("MANGEL", "BEDEUTUNG"), one.problems)
        if one.events:
            say("Bewiesen (Signatur geprüft):")
            say_table(("WANN", "WAS", "VON"), [_row(event) for event in one.events])
        say()


def _unknown(standing: Standing) -> None:
    say_fields((("Wo", standing.where), ("Zu tun", standing.advice)))


def _row(event: ChannelEvent) -> tuple[str, str, str]:
    return local(event.at), event_word(event), author_word(event)


def _json(one: Told) -> dict[str, Json]:
    return {
        "title": one.title,
        **dict(one.ids),
        "where": one.standing.where,
        "deadline": one.standing.deadline,
        "next": one.standing.advice,
        "problems": [{"code": code, "german": text} for code, text in one.problems],
        "proved": [_event_json(event) for event in one.events],
    }


def _event_json(event: ChannelEvent) -> dict[str, Json]:
    return {
        "id": event.id,
        "kind": event.kind,
        "author": event.author,
        "at": stamp(event.at),
        "claims": _claims(event.token),
        "token": event.token.decode("ascii", "replace"),
    }


def _claims(token: bytes) -> Json:
    """What is signed, for people to read; it was verified before it was kept."""
    try:
        found: Json = json.loads(base64url.decode(token.split(b".")[1]))
    except (IndexError, ValueError, RecursionError):
        return None
    return found
