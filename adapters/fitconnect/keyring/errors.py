"""What stands in the way of making, keeping and publishing keys."""

from schemas.errors import KeyMissing, Ours, SenderMustCorrect


class KeyNameUnusable(SenderMustCorrect):
    code = "E-FIT-KEY-NAME"
    sentence = "Keys cannot be called that."
    remedy = "Use the name of the source: small letters, digits and hyphens."


class KeysMissing(KeyMissing):
    """``detail`` names the folder."""

    code = "E-FIT-KEYS-MISSING"
    sentence = "There are no keys of this name."
    remedy = "Make them with `amtsweg fitconnect keygen`, or put the folder back."


class KeysReadable(Ours):
    """``detail`` names the file."""

    code = "E-FIT-KEYS-OPEN"
    sentence = "Others on this machine can read a private key."
    remedy = "Give the file to Amtsweg's user alone: chmod 600; then make new keys."


class RotationWaits(SenderMustCorrect):
    code = "E-FIT-ROTATION-WAITS"
    sentence = "New keys are waiting to be published already."
    remedy = "Run `amtsweg fitconnect publish`; then a further pair can be added."


class Pkcs12Unusable(SenderMustCorrect):
    """``detail`` says what is wrong, in our words."""

    code = "E-FIT-PKCS12"
    sentence = "The PKCS#12 file cannot be used."
    remedy = "Compare file and password; it must hold an RSA key of 4096 bits."


class OtherKeyPublished(Ours):
    """``detail`` is the beginning of the key's id."""

    code = "E-FIT-KEY-DIFFERS"
    sentence = "The destination publishes another key under the id of ours."
    remedy = "Find out who published it before anything else; then rotate."
