"""What keeps a mailbox or one submission waiting because of us."""

from schemas.errors import Ours


class SubmissionTooLarge(Ours):
    """It cannot even be read here; nobody is told anything wrong."""

    code = "E-FIT-TOO-LARGE-HERE"
    sentence = "A submission is larger than this mailbox may read into memory."
    remedy = "Raise `most_data_mb` in the source, if you expect such data."


class WrongMailbox(Ours):
    """The list promised something else than what stands there."""

    code = "E-FIT-WRONG-SUBMISSION"
    sentence = "FIT-Connect gave out a submission under another's id."
    remedy = "Report it to FIT-Connect's support; it was left where it is."


class MetadataUnsure(Ours):
    """Left waiting, as without a key: taken half, its attachments would be lost."""

    code = "E-FIT-METADATA-UNSURE"
    sentence = "Metadata break our model, which is of another minor version than they."
    remedy = "Put the official schema into the folder that `metadata_schemas` names."


class MetadataPromised(Ours):
    code = "E-FIT-METADATA-PROMISED"
    sentence = "The destination announces a version of metadata that we do not take."
    remedy = "Correct `metadata_majors`, or the destination's metadataVersions."


class NothingProved(Ours):
    """The log is not to be believed, and the submission contradicts itself."""

    code = "E-FIT-UNPROVED"
    sentence = "Neither event log nor content of a submission can be relied upon."
    remedy = "Look at `amtsweg fitconnect trace`, then ask FIT-Connect's support."


class LogTooNew(Ours):
    """Left waiting: believed later, or quarantined for what is then wrong."""

    code = "E-FIT-LOG-TOO-NEW"
    sentence = "Events are signed with a key that is not published, or not yet issued."
    remedy = (
        "Set this machine's clock; if it is right, compare `algorithms` with the keys "
        "that FIT-Connect publishes, or ask its support."
    )


LOG = "E-FIT-LOG"
"""Tokens of the event log do not verify: nobody could correct that but FIT-Connect."""
REJECTED_BY_SERVICE = "E-FIT-REJECTED-BY-SERVICE"
"""Nobody had answered for fourteen days."""
ANSWERED_OTHERWISE = "E-FIT-ANSWERED-OTHERWISE"
"""The log has the opposite of the answer that was to be sent."""
