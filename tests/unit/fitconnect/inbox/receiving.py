"""Opens and stores one submission of the fake mailbox."""

from collections.abc import Mapping

from schemas.channels import ChannelSubmission, Faulty, Gone
from schemas.services import Setting
from tests.fakes.fitconnect_deposit import Deposit
from tests.fakes.fitconnect_mailbox import Mailbox
from tests.fakes.shelf import MemoryShelf


async def receive(
    mailbox: Mailbox,
    deposit: Deposit,
    shelf: MemoryShelf | None = None,
    environ: Mapping[str, str] | None = None,
    **settings: Setting,
) -> tuple[ChannelSubmission, MemoryShelf]:
    used = shelf or MemoryShelf()
    opened = await mailbox.inbox(environ, **settings).open(deposit.announced)
    assert not isinstance(opened, Gone)
    stored = await opened.store(used)
    assert not used.is_open
    return stored, used


def codes(stored: ChannelSubmission) -> list[str]:
    """Of its problems, in order."""
    assert isinstance(stored.inspection, Faulty), stored.inspection
    return [problem.code for problem in stored.inspection.problems]
