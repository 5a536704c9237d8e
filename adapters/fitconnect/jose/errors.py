"""What is wrong with a key or a token; no message holds anything of either.

KeyUnusable          Ours               a JWK that is none of FIT-Connect's
KeyNotHeld           Ours               encrypted for a key that we do not hold
SignatureInvalid     Ours               a JWS that proves nothing
DecryptionFailed     SenderMustCorrect  a JWE that our key does not open
├── TokenMalformed                      not a compact JWE
├── HeaderRefused                       a header that FIT-Connect does not allow
└── PlainTooLarge                       more inside than is allowed
"""

from schemas.errors import Ours, SenderMustCorrect


class KeyUnusable(Ours):
    """``detail`` says what is wrong, in our words."""

    code = "E-FIT-KEY"
    sentence = "A key cannot be used for FIT-Connect."
    remedy = (
        "Compare it with docs/fit-connect.md; `amtsweg fitconnect keygen` makes one."
    )


class KeyNotHeld(Ours):
    """Ours, because an old key may just lack here: refusing would be wrong.

    ``detail`` is the beginning of the key's id.
    """

    code = "E-FIT-KEY-NOT-HELD"
    sentence = "It is encrypted for a key that is not among ours."
    remedy = "Put the key back into `decryption_keys`; old ones stay until unused."


class SignatureInvalid(Ours):
    """Ours, because whoever forged a token, it was hardly the applicant."""

    code = "E-FIT-SIGNATURE"
    sentence = "A signed token does not verify."
    remedy = "Nothing was believed; compare issuer and keys, then ask FIT-Connect."


class DecryptionFailed(SenderMustCorrect):
    code = "E-FIT-DECRYPT"
    sentence = "It is encrypted for our key, and does not open with it."
    remedy = "Encrypt it anew with the key that the destination publishes."


class TokenMalformed(DecryptionFailed):
    code = "E-FIT-JWE-FORM"
    sentence = "This is not a JWE in compact form."
    remedy = "Send five parts in base64url without padding, as RFC 7516 says."


class HeaderRefused(DecryptionFailed):
    """``detail`` names the member as far as it is one of the standard's."""

    code = "E-FIT-JWE-HEADER"
    sentence = "The header of a JWE is not what FIT-Connect allows."
    remedy = (
        "Use the `alg` of the published key, A256GCM where nothing else is agreed, "
        "a `kid`, and no other members."
    )


class PlainTooLarge(DecryptionFailed):
    code = "E-FIT-JWE-SIZE"
    sentence = "What is inside a JWE is larger than allowed."
    remedy = "Send less, or in fragments."
