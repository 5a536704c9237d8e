"""What can keep a reply from being sent or fetched, beyond the network.

RepliesOff (ConfigurationInvalid)  the switch is off
Ours
├── NothingOffered     the sender wants an answer some other way
├── OfferGone          FIT-Connect does not have the submission any more
├── OfferUnproved      what it gives out is not what was submitted
├── ReplyKeyUnusable   the sender's key must not be encrypted for
├── SchemaUnnamed      several process standards were offered
├── ReplyThere         there is a reply in the case already
├── RoutesUnknown      FIT-Connect does not know the paths that we remember
├── ReplyStrange       a reply under another's id or case
├── ReplyBroken        a reply that does not verify
└── NotAFolder         what is saved there is not ours
"""

from adapters.fitconnect.outbox.errors import CaseUnfit
from schemas.errors import ConfigurationInvalid, Ours

ANOTHER_WAY = "Answer another way."


class RepliesOff(ConfigurationInvalid):
    """``detail`` names the source or destination."""

    code = "E-FIT-REPLIES-OFF"
    sentence = "Replies over FIT-Connect (unconfirmed) are not switched on:"
    remedy = "Set `replies = true` in its [connection]; see docs/fit-connect.md."


class NothingOffered(Ours):
    """``detail`` is the kind of channel that the sender names instead."""

    code = "E-FIT-REPLY-NOT-OFFERED"
    sentence = "The sender does not offer to be answered over FIT-Connect."
    remedy = "Answer by letter, or the way that the application names."


class OfferGone(Ours):
    code = "E-FIT-REPLY-OFFER-GONE"
    sentence = "FIT-Connect does not have the submission and its reply key any more."
    remedy = f"It keeps them for 7 days after the acceptance. {ANOTHER_WAY}"


class OfferUnproved(Ours):
    """Whoever could put a key of their own there would read the reply."""

    code = "E-FIT-REPLY-OFFER-UNPROVED"
    sentence = "The metadata with the reply key are not those that were submitted."
    remedy = f"Nothing was sent. Tell FIT-Connect's support. {ANOTHER_WAY}"


class ReplyKeyUnusable(Ours):
    """``detail`` says what is wrong, in our words."""

    code = "E-FIT-REPLY-KEY"
    sentence = "The key that the sender offers for replies must not be used."
    remedy = f"Tell the sender: RSA with 4096 bits, for `wrapKey`. {ANOTHER_WAY}"


class SchemaUnnamed(CaseUnfit):
    code = "E-FIT-REPLY-SCHEMA"
    sentence = "The sender offers several process standards, or none."
    remedy = "Name the schema of the reply's data with `--schema`."


class ReplyThere(Ours):
    """``detail`` are the ids."""

    code = "E-FIT-REPLY-THERE"
    sentence = "There is a reply in this case already:"
    remedy = "Nothing was sent. To send a further one, add `--again`."


class RoutesUnknown(Ours):
    code = "E-FIT-REPLY-ROUTES"
    sentence = "FIT-Connect does not serve replies where Amtsweg remembers them."
    remedy = f"Correct them in `fitconnect-replies.toml`. Until then: {ANOTHER_WAY}"


class ReplyStrange(Ours):
    code = "E-FIT-REPLY-STRANGE"
    sentence = "FIT-Connect gave out a reply under another's id."
    remedy = "Report it to FIT-Connect's support; nothing was saved or accepted."


class ReplyBroken(Ours):
    """``detail`` are the codes of what is wrong."""

    code = "E-FIT-REPLY-BROKEN"
    sentence = "A reply does not verify:"
    remedy = "Nothing was saved or accepted. Ask whoever replied to send it anew."


class NotAFolder(Ours):
    code = "E-FIT-REPLY-FOLDER"
    sentence = "The folder for replies cannot be used."
    remedy = "Name one that you may write to, or a new one."
