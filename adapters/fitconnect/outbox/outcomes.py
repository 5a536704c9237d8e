"""What an error means for an attempt to deliver.

has a submit of it left?  error                        outcome
------------------------  ---------------------------  -------------------------------
whatever                  TagsDiffer OtherPayload      failed, ours: something else
                                                         is there, and a person looks
yes                       any other                    unknown
no                        ours, broken documents       failed, ours
no                        FitRefused                   failed, theirs: a dead letter
no                        away, and a secret missing   failed, away
"""

from adapters.fitconnect.client.failures import ApiFailure
from adapters.fitconnect.outbox.errors import OtherPayload, TagsDiffer
from schemas.errors import EngineError, FailureKind, SecretMissing
from schemas.outcomes import AttemptOutcome, DeliveryFailed, OutcomeUnknown

TIMEOUT = "E-FIT-TIMEOUT"
_SOMETHING_ELSE = (TagsDiffer, OtherPayload)


def outcome_of(error: EngineError, *, may_be_there: bool) -> AttemptOutcome:
    """The table above."""
    if isinstance(error, _SOMETHING_ELSE):
        return DeliveryFailed(kind=FailureKind.OURS, code=error.code)
    if may_be_there:
        return OutcomeUnknown(code=error.code)
    if isinstance(error, SecretMissing):
        # We cannot say who we are: the administrator must act, and nothing is lost.
        return DeliveryFailed(
            kind=FailureKind.AWAY, code=error.code, whole_destination=True
        )
    if isinstance(error, ApiFailure):
        return DeliveryFailed(
            kind=error.kind, code=error.code, whole_destination=error.whole_destination
        )
    is_away = error.kind is FailureKind.AWAY
    kind = FailureKind.AWAY if is_away else FailureKind.OURS
    return DeliveryFailed(kind=kind, code=error.code)


def out_of_time(*, may_be_there: bool) -> AttemptOutcome:
    """What it means that the total deadline has passed."""
    if may_be_there:
        return OutcomeUnknown(code=TIMEOUT)
    return DeliveryFailed(kind=FailureKind.AWAY, code=TIMEOUT)
