"""What ``case show`` says of replies within the case of a channel."""

from collections.abc import Iterable
from datetime import datetime

from api.cli.output import Json, local, say, say_fields, span, stamp
from schemas.rules.mailbox import day_owed
from schemas.rules.replies import what_to_do
from storage.replies import KnownReply


def replies_json(replies: Iterable[KnownReply]) -> list[Json]:
    """Those to us, and those that we have sent (without ``delivery``)."""
    return [
        {
            "reply": one.reply,
            "case": one.channel_case,
            "place": one.place,
            "delivery": one.delivery,
            "state": one.state.value,
            "code": one.code,
            "submitted_at": stamp(one.submitted_at),
            "answered_at": stamp(one.answered_at),
            "seen_at": stamp(one.seen_at),
            "next": _next(one),
        }
        for one in replies
    ]


def print_replies(replies: Iterable[KnownReply], now: datetime) -> None:
    """Nothing, where there is none."""
    for one in replies:
        say("\nReply" if one.delivery else "\nReply of ours")
        say_fields(
            (
                ("Over", one.place),
                ("Reply-ID", one.reply),
                ("Channel case", one.channel_case),
                ("State", _state(one)),
                ("Submitted", local(one.submitted_at)),
                ("Looked at", local(one.seen_at)),
                ("Deadline", _deadline(one, now)),
                ("Next", _next(one)),
            )
        )


def _state(one: KnownReply) -> str:
    words = [one.state.value, local(one.answered_at)]
    if one.code:
        words.append(f"({one.code})")
    return " ".join(filter(None, words))


def _deadline(one: KnownReply, now: datetime) -> str:
    if not one.state.is_open:
        return ""
    owed = day_owed(now - one.since)
    if owed.within.total_seconds() < 0:
        return f"day {owed.day} is over: the channel rejects it by itself"
    return f"day {owed.day} in {span(owed.within)}"


def _next(one: KnownReply) -> str:
    waits_for_us = one.state.is_open and one.delivery is not None
    return f"`{what_to_do(one.number)}`" if waits_for_us else ""
