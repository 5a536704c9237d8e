"""What ``case show`` says of a case's channel: ids, answer, the channel's next day."""

from datetime import datetime

from api.cli.case_replies import print_replies, replies_json
from api.cli.output import Json, local, say, say_fields, span, stamp
from schemas.rules.mailbox import SETTLED, day_owed
from storage.channel_traces import SubmissionTrace, Traces, TransmissionTrace

_ANSWERS = {
    "none": "not decided yet",
    "owed": "owed",
    "sent": "sent",
    "refused": "not taken by the channel",
    SETTLED: "not taken by the channel, and settled with the sender",
}


def channel_json(traces: Traces, now: datetime) -> dict[str, Json]:
    """Beside everything else of the case."""
    return {
        "channel": [_came_json(one, now) for one in traces.submissions],
        "transmissions": [_went_json(one) for one in traces.transmissions],
        "replies": replies_json(traces.replies),
    }


def print_channel(traces: Traces, now: datetime) -> None:
    """Nothing, where the case has to do with none."""
    for came in traces.submissions:
        say("\nChannel")
        submission = came.submission
        say_fields(
            (
                ("Source", f"{submission.source} ({submission.channel})"),
                ("Submission", submission.submission),
                ("Channel case", submission.case),
                ("Submitted", local(submission.submitted_at)),
                ("Answer", _answer(came)),
                ("Deadline", _deadline(came, now)),
                ("More", f"`amtsweg fitconnect trace {came.case.number}`"),
            )
        )
    for went in traces.transmissions:
        say("\nFollowed")
        say_fields(
            (
                ("Destination", went.destination),
                ("Submission", went.submission),
                ("Channel case", went.channel_case),
                ("Stage", went.stage.value if went.stage else "not looked at yet"),
                ("Code", went.code),
                ("Looked at", local(went.changed_at)),
                ("Next look", local(went.next_look_at)),
            )
        )
    print_replies(traces.replies, now)


def _answer(came: SubmissionTrace) -> str:
    answer = came.answer
    words = [_ANSWERS.get(answer.state, answer.state)]
    if answer.state != "none":
        words.insert(0, "accept" if answer.accepted else "reject")
    if answer.answered_at:
        words.append(local(answer.answered_at))
    if answer.code:
        words.append(f"({answer.code})")
    return " ".join(words)


def _deadline(came: SubmissionTrace, now: datetime) -> str:
    if came.answer.state in {"sent", SETTLED}:
        return ""
    owed = day_owed(now - came.submission.submitted_at)
    if owed.within.total_seconds() < 0:
        return f"day {owed.day} is over: the channel has rejected it by itself"
    return f"day {owed.day} in {span(owed.within)}"


def _came_json(came: SubmissionTrace, now: datetime) -> dict[str, Json]:
    submission, answer = came.submission, came.answer
    return {
        "source": submission.source,
        "channel": submission.channel,
        "submission": submission.submission,
        "case": submission.case,
        "submitted_at": stamp(submission.submitted_at),
        "answer": answer.state,
        "accepted": answer.accepted if answer.state != "none" else None,
        "answered_at": stamp(answer.answered_at),
        "tries": answer.tries,
        "code": answer.code,
        "deadline": _deadline(came, now),
    }


def _went_json(went: TransmissionTrace) -> dict[str, Json]:
    return {
        "destination": went.destination,
        "delivery": went.delivery,
        "submission": went.submission,
        "case": went.channel_case,
        "stage": went.stage.value if went.stage else None,
        "code": went.code,
        "next_look_at": stamp(went.next_look_at),
    }
