"""Row types; nothing outside the room storage imports them."""

from storage.tables.cases import (
    CaseRow,
    DataKeyRow,
    DocumentRow,
    EventRow,
    SnapshotRow,
    StepRow,
    SubmissionKeyRow,
)
from storage.tables.channels import (
    ChannelEventRow,
    ChannelSubmissionRow,
    DeliveryNoteRow,
    SourceStateRow,
    TransmissionRow,
)
from storage.tables.deliveries import (
    AttemptRow,
    DeliveryRow,
    DestinationRow,
    DisturbanceRow,
)
from storage.tables.house import CounterRow, KekRow, LeaseRow, TokenRow
from storage.tables.replies import ChannelReplyRow
from storage.tables.runs import CaseRunRow, JobItemRow, JobRow

__all__ = [
    "AttemptRow",
    "CaseRow",
    "CaseRunRow",
    "ChannelEventRow",
    "ChannelReplyRow",
    "ChannelSubmissionRow",
    "CounterRow",
    "DataKeyRow",
    "DeliveryNoteRow",
    "DeliveryRow",
    "DestinationRow",
    "DisturbanceRow",
    "DocumentRow",
    "EventRow",
    "JobItemRow",
    "JobRow",
    "KekRow",
    "LeaseRow",
    "SnapshotRow",
    "SourceStateRow",
    "StepRow",
    "SubmissionKeyRow",
    "TokenRow",
    "TransmissionRow",
]
