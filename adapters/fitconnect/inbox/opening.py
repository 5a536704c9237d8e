"""Opening a submission: event log, metadata and everything that hangs on them.

Whose matter is it?

event log      every token verifies, and yet there is not exactly one submission
               with tags: the sender's. A token does not verify: FIT-Connect's or
               ours, and no sender could correct it. Where only a key is not published
               or our clock is behind, time may mend it: it waits.
metadata       not what their schema says: the sender's, if the very version was
               judged; by the model of another minor version only, ours: it waits. A
               version that we do not take: the sender's, unless our destination
               announces such: then we have promised too much, and it waits.
keys           a key that we do not hold may just have been removed too early: ours,
               and the submission waits. One that we hold and that does not open it:
               the sender's.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.fitconnect.client.failures import StrangeAnswer
from adapters.fitconnect.events.errors import Flaw, LogInconsistent
from adapters.fitconnect.events.log import VerifiedLog
from adapters.fitconnect.events.tags import Tags
from adapters.fitconnect.inbox.card import CardIndex
from adapters.fitconnect.inbox.failures import (
    LOG,
    LogTooNew,
    MetadataPromised,
    MetadataUnsure,
)
from adapters.fitconnect.inbox.inspecting import (
    Notebook,
    compare_announced,
    compare_described,
)
from adapters.fitconnect.inbox.material import Cupboard
from adapters.fitconnect.inbox.settings import (
    ClaimPolicy,
    FitConnectSource,
    WithoutSchema,
)
from adapters.fitconnect.inbox.wire import Fetched
from adapters.fitconnect.jose.errors import DecryptionFailed, PlainTooLarge
from adapters.fitconnect.jose.jwe import Keyring, decrypt, tag_of
from adapters.fitconnect.metadata.models import our_models, read_models
from adapters.fitconnect.metadata.reading import Problems, Supported, read_metadata
from adapters.fitconnect.metadata.values import Metadata

_UNSUPPORTED: Final = "fit-metadata-schema-unsupported"
_TAG: Final = "fit-metadata-tag"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opener:
    """Judges one submission after the other by the settings of one source."""

    source: FitConnectSource
    supported: Supported
    cupboard: Cupboard
    card: CardIndex

    async def metadata(
        self, fetched: Fetched, tags: Tags | None, notebook: Notebook
    ) -> tuple[Metadata | None, Keyring]:
        """What can be relied upon, and the keys that it was opened with.

        Raises SecretMissing, KeyNotHeld, MetadataUnsure, MetadataPromised and
        CounterpartAway.
        """
        compare_announced(fetched, tags, self.source.limits, notebook)
        found, keyring = await asyncio.to_thread(
            self._read, fetched.metadata, tags, notebook
        )
        if isinstance(found, Problems):
            await self._sort(found, notebook)
            return None, keyring
        if found is None:
            return None, keyring
        compare_described(fetched, found, notebook)
        if found.data is not None and self.source.claim is ClaimPolicy.ANNOUNCED:
            card = await self.card.card()
            if not card.announces(fetched.service, found.data.schema_uri):
                notebook.blame("fit-data-schema-unsupported")
        return found, keyring

    def _read(
        self, token: str, tags: Tags | None, notebook: Notebook
    ) -> tuple[Metadata | Problems | None, Keyring]:
        """All that is done in a thread, at one visit."""
        keyring = self.cupboard.keyring()
        try:
            if tags is not None and tag_of(token) != tags.metadata:
                notebook.blame(_TAG)
        except DecryptionFailed:
            notebook.blame(_TAG)
        try:
            plain = decrypt(keyring, token, limit=self.source.limits.metadata)
        except PlainTooLarge:
            notebook.blame("fit-metadata-too-large")
            return None, keyring
        except DecryptionFailed:
            notebook.blame("fit-metadata-encryption")
            return None, keyring
        return read_metadata(plain, supported=self.supported), keyring

    async def _sort(self, found: Problems, notebook: Notebook) -> None:
        if not found.is_certain:
            raise MetadataUnsure
        if _UNSUPPORTED in {one.code for one in found.found}:
            promised = (await self.card.card()).majors
            if promised - self.supported.majors:
                raise MetadataPromised
        notebook.note(found.found)


def supported_by(source: FitConnectSource, home: Path) -> Supported:
    """Which metadata a source takes. Blocks: schemas are read and prepared."""
    folder = source.metadata_schemas
    return Supported(
        majors=source.majors,
        may_lack_schema=source.without_schema is WithoutSchema.TAKE,
        most_bytes=source.limits.metadata,
        models=read_models(home / folder) if folder else our_models(),
    )


def proved_tags(log: VerifiedLog, submission: str, notebook: Notebook) -> Tags | None:
    """What the log proves was submitted.

    Raises StrangeAnswer where it is empty, LogTooNew where time may mend it.
    """
    if not log.of(submission) and not log.flaws(submission):
        # What waits to be fetched was submitted: the log is not there yet.
        raise StrangeAnswer("(empty event log)")
    try:
        return log.submit_tags(submission)
    except LogInconsistent as error:
        telling = [flaw for flaw in error.flaws if not flaw.is_structural]
        if telling and all(flaw.may_pass for flaw in telling):
            raise LogTooNew from error
        if error.is_structural:
            notebook.blame("fit-log")
        else:
            notebook.doubtful(LOG)
        return None


def submitted_at(log: VerifiedLog, submission: str, now: datetime) -> datetime:
    """The deadline counts from the submission; without proof from what there is."""
    try:
        entry = log.submitted(submission)
    except LogInconsistent:
        entry = next(iter(log.of(submission)), None)
    return entry.claims.at if entry else now


def is_over(log: VerifiedLog, submission: str) -> bool:
    """Rejected or deleted: whoever lists it is behind the log."""
    if log.flaws(submission) - {Flaw.NO_SUBMIT}:
        return False
    kinds = {one.claims.kind for one in log.of(submission)}
    return bool(kinds & {"reject-submission", "delete-submission"})
