"""Every error of ours, with a stable code, a kind and what to do next.

EngineError
├── SenderMustCorrect      the sender sent something that cannot be taken
│   ├── MalformedTrackingId …
├── CounterpartAway        the other side does not answer; waiting helps
└── Ours                   we must look: a bug, a missing key, a full disk

Messages are fixed sentences: they carry no value from outside, so they may
appear in logs, in Prefect and in problem documents.
"""

from enum import Enum
from typing import ClassVar

from schemas.configuration.problems import FileProblem


class FailureKind(Enum):
    """Who has to act; decides whether to refuse, to wait or to quarantine."""

    SENDER = "sender"
    AWAY = "away"
    OURS = "ours"


class EngineError(Exception):
    """Root of the tree; subclasses set code, sentence and remedy."""

    code: ClassVar[str] = "E-ENGINE"
    kind: ClassVar[FailureKind] = FailureKind.OURS
    sentence: ClassVar[str] = "Something failed inside Amtsweg."
    remedy: ClassVar[str] = "Run `amtsweg doctor` and look at the log."

    def __init__(self, detail: str = "") -> None:
        """``detail`` is ours as well: names of settings, numbers, codes."""
        self.detail = detail
        super().__init__(f"{self.code}: {self.sentence} {detail}".rstrip())


class SenderMustCorrect(EngineError):
    """Sending the same again cannot help."""

    code = "E-SENDER"
    kind = FailureKind.SENDER
    sentence = "The submission cannot be taken as it is."
    remedy = "Correct it and send it under a new Idempotency-Key."


class CounterpartAway(EngineError):
    """The other side did not answer; the same may succeed later."""

    code = "E-AWAY"
    kind = FailureKind.AWAY
    sentence = "The counterpart does not answer."
    remedy = "Wait; Amtsweg tries again by itself."


class Ours(EngineError):
    """Neither sender nor counterpart can help."""

    code = "E-OURS"


class MalformedTrackingId(SenderMustCorrect):
    code = "E-TRACKING-ID"
    sentence = "This is not a Tracking-ID."
    remedy = "Compare it with the confirmation; the last character is a check."


class ConfigurationInvalid(Ours):
    """Carries every problem at once, so that one start is enough to mend all."""

    code = "E-CONFIG"
    sentence = "The configuration cannot be used."
    remedy = "Correct the file and line named, then start again."

    def __init__(
        self, detail: str = "", *, problems: tuple[FileProblem, ...] = ()
    ) -> None:
        """The problems are named in the message, one to a line."""
        self.problems = problems
        super().__init__(detail or "".join(f"\n{problem}" for problem in problems))


class SnapshotUnreadable(Ours):
    code = "E-SNAPSHOT"
    sentence = "The configuration kept with the case cannot be read."
    remedy = "Run the version of Amtsweg that wrote it, or a newer one."


class PackBroken(Ours):
    """``detail`` names the file and says what is wrong with it, in our words."""

    code = "E-PACK"
    sentence = "A schema pack cannot be used:"
    remedy = "Add it again with `amtsweg schema add`; `amtsweg schema list` says more."


class SecretMissing(Ours):
    """``detail`` is the reference, which names a place and no secret."""

    code = "E-SECRET-MISSING"
    sentence = "A secret is not where the configuration says."
    remedy = "Set the variable or the file that is named."


class LeaseLost(Ours):
    """Another worker took the case over; whatever we hold is void."""

    code = "E-LEASE-LOST"
    sentence = "The case belongs to another worker now."
    remedy = "Nothing: the other worker goes on with it."


class CaseMoved(Ours):
    """Somebody committed on this case between our read and our write."""

    code = "E-CASE-MOVED"
    sentence = "The case was changed by somebody else meanwhile."
    remedy = "Read it again and decide anew."


class StateForbids(SenderMustCorrect):
    """``detail`` says where it stands and what would be needed."""

    code = "E-STATE"
    sentence = "That cannot be done where the case stands."
    remedy = "Look at it with `amtsweg case show`; it says what to do next."


class UnknownCase(SenderMustCorrect):
    code = "E-CASE-UNKNOWN"
    sentence = "There is no such case here."
    remedy = "Check the number; you see only what belongs to you."


class StorageFull(Ours):
    code = "E-STORAGE-FULL"
    sentence = "The storage has no room left."
    remedy = "Free space in AMTSWEG_HOME; nothing was accepted meanwhile."


class KeyMissing(Ours):
    code = "E-KEY-MISSING"
    sentence = "The key-encryption key is not there."
    remedy = "Put the exported key back into AMTSWEG_HOME/keys."


class ObjectDamaged(Ours):
    code = "E-OBJECT-DAMAGED"
    sentence = "A stored document does not verify."
    remedy = "Restore it from the backup; do not delete the case."


class ObjectExists(Ours):
    """Create-once: the vault never writes a second object under one id."""

    code = "E-OBJECT-EXISTS"
    sentence = "The vault already holds a document under this id."
    remedy = "Report this: ids of documents are random and used once."


class StorageBroken(Ours):
    code = "E-STORAGE"
    sentence = "The storage cannot be read or written."
    remedy = "Check that the disk is mounted, sound and owned by Amtsweg's user."


class UnsafePath(Ours):
    """A guard: paths are made of our ids only, never of what people wrote."""

    code = "E-PATH"
    sentence = "A name for the storage has characters that are not allowed."
    remedy = "Report this: names of stored files are made by Amtsweg alone."


class AlreadyArchived(Ours):
    """Create-once refused to write a second time under this name."""

    code = "E-ARCHIVE-EXISTS"
    sentence = "The archive holds something else under this name."
    remedy = "Compare both; the archive never overwrites."


class DatabaseAway(CounterpartAway):
    """The connection failed; whether the last commit happened is not known."""

    code = "E-DATABASE-AWAY"
    sentence = "The database does not answer."
    remedy = "Start the database; Amtsweg goes on by itself."


class DatabaseOutdated(Ours):
    code = "E-DATABASE-OUTDATED"
    sentence = "The database has not been upgraded to this version."
    remedy = "Run `amtsweg db upgrade`."


class DatabaseNewer(Ours):
    """``detail`` is the version found."""

    code = "E-DATABASE-NEWER"
    sentence = "The database belongs to a newer version of Amtsweg."
    remedy = "Run the newer version, or restore the backup made before its upgrade."


class StepsLacking(Ours):
    """``detail`` are the names of the steps."""

    code = "E-STEPS-LACKING"
    sentence = "Open cases name steps that this version cannot run:"
    remedy = "Run a version that has them, at least until these cases are closed."


class KeyInUse(Ours):
    """``detail`` says what still needs the key."""

    code = "E-KEY-IN-USE"
    sentence = "The key-encryption key is still needed."
    remedy = "Run `amtsweg key list` to see by what."


class UnknownDestination(SenderMustCorrect):
    code = "E-NO-DESTINATION"
    sentence = "There is no such destination."
    remedy = "List them with `amtsweg destination list`."


class UnknownSource(SenderMustCorrect):
    code = "E-NO-SOURCE"
    sentence = "There is no such source."
    remedy = "List them with `amtsweg source list`."


class UnknownTenant(SenderMustCorrect):
    """``detail`` names those there are."""

    code = "E-NO-TENANT"
    sentence = "There is no such tenant here."
    remedy = "Correct --tenant or AMTSWEG_TENANT; without it the own tenant is meant."


class UnknownToken(SenderMustCorrect):
    code = "E-TOKEN-UNKNOWN"
    sentence = "There is no such token, or more than one begins like this."
    remedy = "List them with `amtsweg token list`."


class UnknownPack(SenderMustCorrect):
    """``detail`` is what was probably meant."""

    code = "E-NO-PACK"
    sentence = "There is no such schema pack here."
    remedy = "List them with `amtsweg schema list`."


class UnknownMap(SenderMustCorrect):
    code = "E-NO-MAP"
    sentence = "No active schema pack here has a map for this form."
    remedy = "Compare profile and id; `amtsweg schema show KEY` names a pack's maps."


class ComesLater(SenderMustCorrect):
    """``detail`` is what was asked for, by its name."""

    code = "E-COMES-LATER"
    sentence = "This version does not do that yet; it comes later."
    remedy = "Replay `as then`: the same payload, mapping and destination."


class Poisoned(Ours):
    """Whatever works on this case dies of it."""

    code = "E-POISON"
    sentence = "Three workers in a row died while working on this case."
    remedy = "Look at the case; releasing it lets a worker try again."


class PortTaken(Ours):
    """``detail`` names the port and the variable that changes it."""

    code = "E-PORT-TAKEN"
    sentence = "Another process listens where this one should."
    remedy = "Stop the other process, or set what is named in brackets to a free port."


class AlreadyRunning(Ours):
    """``detail`` is the number of the process."""

    code = "E-ALREADY-RUNNING"
    sentence = "Amtsweg is running on this AMTSWEG_HOME already."
    remedy = "End it with Ctrl-C where it was started, or set another AMTSWEG_HOME."


class PrefectAway(CounterpartAway):
    """``detail`` is the type of the failure."""

    code = "E-PREFECT-AWAY"
    sentence = "The Prefect server does not answer in time."
    remedy = "Start it when you can; work goes on without it and is recorded later."


class PrefectNotDeployed(PrefectAway):
    code = "E-PREFECT-NOT-DEPLOYED"
    sentence = "The Prefect server does not know our deployments."
    remedy = "Run `prefect deploy --all` where prefect.yaml is."


class PrefectRefused(Ours):
    """``detail`` is the HTTP status; asking again cannot help."""

    code = "E-PREFECT-REFUSED"
    sentence = "The Prefect server does not accept what it was told."
    remedy = "Check that it is the version that docs/operations.md names."


class PrefectNotStarted(Ours):
    """``detail`` names the log file that says why."""

    code = "E-PREFECT-NOT-STARTED"
    sentence = "A process of Prefect did not start; its log says why:"
    remedy = "Read the log, or run `amtsweg up --without-prefect`."


class DoorAway(CounterpartAway):
    """Whether it was taken is not known; its key makes it safe to repeat."""

    code = "E-DOOR-AWAY"
    sentence = "The door does not answer."
    remedy = "Start it with `amtsweg serve`, then send the same under the same key."


class SandboxAway(CounterpartAway):
    """``detail`` is where it was looked for."""

    code = "E-SANDBOX-AWAY"
    sentence = "The sandbox does not answer:"
    remedy = (
        "Start it with `amtsweg sandbox specialist` or `amtsweg sandbox fitconnect`; "
        "`amtsweg up --demo` starts both."
    )


class ChildNotReady(Ours):
    """``detail`` names the process and its log."""

    code = "E-CHILD-NOT-READY"
    sentence = "A process that was started does not become ready:"
    remedy = "Its log says why."
