"""The demonstration's form server: hands in made-up applications, and says so."""

import asyncio
import json
import sys
import uuid
from dataclasses import dataclass
from random import Random
from typing import Final

import httpx

from api.cli.demo.applications import Application, application
from api.cli.output import note, say
from api.cli.posting import Reply, Submission, hand_in, open_client
from schemas.clock import SystemClock
from schemas.errors import DoorAway
from schemas.limits import MAX_WAIT_SECONDS

_AT_ONCE: Final = 3
"""Handed in at the beginning, so that there is something to see."""
_WAIT_SECONDS: Final = MAX_WAIT_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class FormServer:
    """Whom it hands in to, how often, and how many; 0 = without an end."""

    door: str
    token: str
    every: float
    count: int = 0
    as_json: bool = False


async def run_forms(server: FormServer) -> bool:
    """Hand in until told to stop; whether all was taken that should be."""
    chance = Random()  # noqa: S311 - names of dogs, not keys
    clock = SystemClock()
    number = taken = 0
    all_taken = True
    async with open_client() as client:
        while not server.count or taken < server.count:
            if number >= _AT_ONCE:
                await asyncio.sleep(server.every)
            made = application(number, chance, clock.now())
            number += 1
            if await _hand_in(client, server, made) is made.is_sound:
                taken += made.is_sound
            else:
                all_taken = False
                if server.count:
                    return False
    return all_taken


async def _hand_in(
    client: httpx.AsyncClient, server: FormServer, made: Application
) -> bool:
    submission = Submission(
        service=made.service,
        key=str(uuid.uuid4()),
        main=made.main,
        attachments=made.attachments,
        # The sender of a broken one wants to hear it; the others have no time.
        wait=0 if made.is_sound else _WAIT_SECONDS,
    )
    try:
        reply = await hand_in(client, server.door, server.token, submission)
    except DoorAway as away:
        note(f"{away} → {away.remedy}")
        return False
    _say(made, reply, as_json=server.as_json)
    return reply.is_accepted


def _say(made: Application, reply: Reply, *, as_json: bool) -> None:
    if as_json:
        line = {
            "service": made.name,
            "status": reply.status,
            "case_number": reply.text("case_number"),
            "tracking_id": reply.text("tracking_id"),
            "code": reply.text("code"),
            "reason": reason_in(reply),
        }
        sys.stdout.write(f"{json.dumps(line, ensure_ascii=False)}\n")
        sys.stdout.flush()
    elif reply.is_accepted:
        say(
            f"{reply.text('case_number')}  {made.name}  "
            f"Tracking-ID {reply.text('tracking_id')}"
        )
    else:
        why = reason_in(reply) or reply.text("title")
        say(f"{made.name}  {reply.status} {reply.text('code')} {why}")


def reason_in(reply: Reply) -> str:
    """The first of what the sender must correct, as a person reads it; "" = none."""
    problems = reply.body.get("problems")
    if not isinstance(problems, list) or not problems:
        return ""
    first = problems[0].get("german", "") if isinstance(problems[0], dict) else ""
    more = len(problems) - 1
    return f"{first} (und {more} mehr)" if more else str(first)
