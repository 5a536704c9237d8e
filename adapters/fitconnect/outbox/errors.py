"""What can keep a case from going out over FIT-Connect, beyond the network.

FitAway (CounterpartAway)
├── NotInLog                 submitted, and the event log does not show it yet
├── Overtaken                another process may be submitting the same
└── KeyRefused               the destination's key may not be encrypted for
Ours
├── NothingSent              followed without ever having been announced
├── TagsDiffer               the log shows other bytes than ours
├── LogGone                  the log of what we may have submitted cannot be found
├── OtherPayload             another payload has gone out under this delivery
├── CounterpartUnfit         the destination's own description is not usable
├── ServiceNotOffered SchemaNotOffered MetadataNotOffered
└── CaseUnfit: DataTooLarge AttachmentsTooLarge TooManyAttachments DataUnfit
"""

from adapters.fitconnect.client.failures import FitAway
from schemas.errors import Ours


class NotInLog(FitAway):
    code = "E-FIT-NOT-IN-LOG"
    sentence = "FIT-Connect took the submission, but its event log does not show it."
    remedy = "Nothing: Amtsweg looks again before it sends anything."


class Overtaken(FitAway):
    """Two processes at one delivery: it is sent once, or waits for certainty."""

    code = "E-FIT-OVERTAKEN"
    sentence = "Another process may be submitting the same delivery."
    remedy = "Nothing: within a day it is certain whether it arrived."


class NothingSent(Ours):
    code = "E-FIT-NOTHING-SENT"
    sentence = "Nothing of this delivery has been announced to FIT-Connect."
    remedy = "Look at the delivery with `amtsweg case show`."


class TagsDiffer(Ours):
    """Either somebody changed what we sent, or proves to have other bytes."""

    code = "E-FIT-TAGS-DIFFER"
    sentence = "The event log proves other bytes than Amtsweg sent."
    remedy = "Ask the recipient what has arrived, and FIT-Connect's support why."


class LogGone(Ours):
    code = "E-FIT-LOG-GONE"
    sentence = "The event log of what may have been submitted cannot be found."
    remedy = "Ask the recipient; say what they say with `amtsweg delivery settle`."


class OtherPayload(Ours):
    code = "E-FIT-OTHER-PAYLOAD"
    sentence = "Something else has been submitted under this delivery already."
    remedy = "Replay the case; a new mapping makes a new delivery."


class CounterpartUnfit(Ours):
    """``detail`` names the member."""

    code = "E-FIT-DESTINATION-STRANGE"
    sentence = "FIT-Connect describes the destination in a way we cannot use:"
    remedy = "Compare `version` and the addresses in `[connection]`."


class ServiceNotOffered(Ours):
    code = "E-FIT-SERVICE-NOT-OFFERED"
    sentence = "The destination does not take submissions for this service."
    remedy = "Compare `service` and `destination` with what the recipient offers."


class SchemaNotOffered(Ours):
    code = "E-FIT-SCHEMA-NOT-OFFERED"
    sentence = "The destination does not take data of this schema for the service."
    remedy = "Compare `schema` and `mime` with what the recipient offers."


class MetadataNotOffered(Ours):
    code = "E-FIT-METADATA-NOT-OFFERED"
    sentence = "The destination takes no version of the metadata that is wanted."
    remedy = 'Set metadata = "newest", or a version that it names.'


class KeyRefused(FitAway):
    """``detail`` is the first thing that is wrong with it, in our words.

    No case may suffer for it: all wait until the recipient has mended its key.
    """

    code = "E-FIT-KEY-REFUSED"
    sentence = "The destination's key must not be encrypted for:"
    remedy = "Tell the recipient; sending goes on by itself with a good key."
    whole_destination = True


class CaseUnfit(Ours):
    code = "E-FIT-UNFIT"
    sentence = "The case does not fit into a submission."
    remedy = "Deliver it another way."


class DataUnfit(CaseUnfit):
    code = "E-FIT-DATA-UNFIT"
    sentence = "There is not exactly one main document in JSON or XML."
    remedy = "Set `mime` if its media type is wrong; else deliver it another way."


class DataTooLarge(CaseUnfit):
    code = "E-FIT-DATA-TOO-LARGE"
    sentence = "The main document is larger than a submission's data may be."
    remedy = "Compare `max_data` with what the recipient takes."


class AttachmentsTooLarge(CaseUnfit):
    code = "E-FIT-ATTACHMENTS-TOO-LARGE"
    sentence = "The attachments are larger than FIT-Connect takes."
    remedy = "One may have 375 MB, all together 2 GB encrypted (1.5 GB plain)."


class TooManyAttachments(CaseUnfit):
    code = "E-FIT-TOO-MANY-ATTACHMENTS"
    sentence = "A submission has 100 attachments at most."
    remedy = "Deliver it another way."
