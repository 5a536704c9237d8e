"""From an opened workplace to what fetches, follows and keeps deadlines."""

import os

from flows.house import Duty
from flows.ports import Outboxes
from flows.sources.following import Following, FollowPorts
from flows.sources.inboxes import ConfiguredInboxes
from flows.sources.nudges import Nudges
from flows.sources.poller import Poller
from flows.sources.ports import SourcePorts
from flows.sources.replies import ReplyPorts, ReplyWatch
from flows.sources.sent_replies import SentReplies
from flows.sources.watch import SourceWatch
from schemas.configuration.snapshot import snapshots
from schemas.errors import EngineError
from schemas.rules.waits import REPLY_LOOK
from schemas.services import Configuration
from schemas.sources import Source
from storage.channels import ChannelStore
from storage.deadlines import Deadlines
from storage.duties import Duties
from storage.intake import SqlIntake
from storage.replies import ReplyStore
from storage.source_states import SourceStates
from storage.transmissions import TransmissionStore
from storage.wake import Wake
from storage.wiring import Stores

_FOLLOW_SECONDS = 2.0
_DEADLINE_SECONDS = 600.0
_SENT_SECONDS = REPLY_LOOK.total_seconds()


def source_ports(
    stores: Stores, configuration: Configuration, wake: Wake
) -> SourcePorts:
    """What every source's rounds use."""
    return SourcePorts(
        channels=ChannelStore(stores.database),
        states=SourceStates(stores.database),
        deadlines=Deadlines(stores.database),
        intake=SqlIntake(stores.database),
        vault=stores.vault,
        services=configuration.services,
        snapshots=snapshots(configuration),
        clock=stores.clock,
        random_bytes=os.urandom,
        wake=wake,
    )


def poller_for(
    configuration: Configuration,
    inboxes: ConfiguredInboxes,
    ports: SourcePorts,
    duties: Duties,
    *,
    nudges: Nudges,
) -> Poller:
    """One incarnation's poller, in its event loop."""
    watches: list[SourceWatch] = []
    broken: list[tuple[Source, str]] = []
    for source in configuration.sources.values():
        try:
            inbox = inboxes.of(source)
        except EngineError as error:
            # The others are looked into all the same.
            broken.append((source, error.code))
        else:
            watches.append(SourceWatch(source, inbox, ports, duties))
    return Poller(watches, ports, nudges, broken=broken)


def channel_duties(
    stores: Stores,
    configuration: Configuration,
    outboxes: Outboxes,
    inboxes: ConfiguredInboxes,
) -> tuple[Duty, ...]:
    """Following what was delivered, replies, the watch over what has no answer."""
    following = _following(stores, configuration, outboxes)
    replies = _replies(stores, configuration, outboxes)
    sent = SentReplies(
        configuration.sources, inboxes, ReplyStore(stores.database), stores.clock
    )
    deadlines = Deadlines(stores.database)

    async def watch() -> None:
        await deadlines.watch()
        await replies.tidy()

    duties = [Duty(name="deadlines", every=_DEADLINE_SECONDS, do=watch)]
    # A duty that is held is a commit every few seconds.
    if following.follows_any:
        duties.append(Duty(name="follow", every=_FOLLOW_SECONDS, do=following.look))
    if replies.watched:
        duties.append(Duty(name="replies", every=_FOLLOW_SECONDS, do=replies.look))
    if sent.watches_any:
        duties.append(Duty(name="sent replies", every=_SENT_SECONDS, do=sent.look))
    return tuple(duties)


def _following(
    stores: Stores, configuration: Configuration, outboxes: Outboxes
) -> Following:
    ports = FollowPorts(
        outboxes=outboxes,
        store=TransmissionStore(stores.database),
        states=SourceStates(stores.database),
        clock=stores.clock,
    )
    return Following(configuration.destinations, ports)


def _replies(
    stores: Stores, configuration: Configuration, outboxes: Outboxes
) -> ReplyWatch:
    ports = ReplyPorts(
        outboxes=outboxes,
        store=ReplyStore(stores.database),
        states=SourceStates(stores.database),
        clock=stores.clock,
    )
    return ReplyWatch(configuration.destinations, ports)
