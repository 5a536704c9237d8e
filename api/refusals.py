"""What the door refuses before it looks at a body, each with its HTTP status.

DoorRefusal
├── token      TokenMissing, TokenWrong, ServiceForbidden
├── headers    HeaderRepeated, RequestAmbiguous, IdempotencyKey…, Service…
├── callbacks  CallbackNotBelieved, TooManyCallbacks
├── address    NoSuchAddress, MethodRefused, DayMalformed, ParameterWrong
└── later      NotYet
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from schemas.errors import SenderMustCorrect

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class DoorRefusal(SenderMustCorrect):
    """A request that cannot be taken; subclasses add status and headers."""

    status: ClassVar[int] = 400
    headers: ClassVar[Mapping[str, str]] = NO_HEADERS


class TokenMissing(DoorRefusal):
    code = "E-TOKEN-MISSING"
    status = 401
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="amtsweg"'})
    sentence = "The request carries no token."
    remedy = "Send `Authorization: Bearer` with the token of this sender."


class TokenWrong(DoorRefusal):
    code = "E-TOKEN-WRONG"
    status = 401
    headers = MappingProxyType(
        {"WWW-Authenticate": 'Bearer realm="amtsweg", error="invalid_token"'}
    )
    sentence = "The token is not known here, or it has been revoked."
    remedy = "Ask the administrator of this installation for a token."


class ServiceForbidden(DoorRefusal):
    code = "E-SERVICE-FORBIDDEN"
    status = 403
    sentence = "This token may not hand in for this service."
    remedy = "Ask the administrator to add the service to the token."


class HeaderRepeated(DoorRefusal):
    code = "E-HEADER-REPEATED"
    sentence = "A header that may occur once occurs more than once."
    remedy = "Send it once; look for a proxy that adds its own."


class RequestAmbiguous(DoorRefusal):
    code = "E-REQUEST-AMBIGUOUS"
    sentence = "The request says in two ways how long its body is."
    remedy = "Send either Content-Length or Transfer-Encoding, and a number."


class IdempotencyKeyMissing(DoorRefusal):
    code = "E-IDEMPOTENCY-KEY-MISSING"
    sentence = "The request has no Idempotency-Key."
    remedy = "Send a fresh one per submission, and the same one when repeating it."


class IdempotencyKeyMalformed(DoorRefusal):
    code = "E-IDEMPOTENCY-KEY-MALFORMED"
    sentence = "The Idempotency-Key cannot be read."
    remedy = "Use visible ASCII characters, a UUID for instance."


class IdempotencyKeyReused(DoorRefusal):
    code = "E-IDEMPOTENCY-KEY-REUSED"
    status = 409
    sentence = "This Idempotency-Key stands for another submission already."
    remedy = "Send the new submission under a new key."


class IdempotencyKeyGone(DoorRefusal):
    code = "E-IDEMPOTENCY-KEY-GONE"
    status = 410
    sentence = "The submission under this Idempotency-Key has been deleted since."
    remedy = "Nothing is left to repeat; a new submission needs a new key."


class ServiceMissing(DoorRefusal):
    code = "E-SERVICE-MISSING"
    sentence = "The request does not say for which service it is."
    remedy = "Send the LeiKa key in the header Amtsweg-Service."


class ServiceMalformed(DoorRefusal):
    code = "E-SERVICE-MALFORMED"
    sentence = "The service is not named by one LeiKa key."
    remedy = "Send 14 digits or urn:de:fim:leika:leistung: and 14 digits, once."


class ServiceUnknown(DoorRefusal):
    code = "E-SERVICE-UNKNOWN"
    status = 422
    sentence = "This installation does not offer the service."
    remedy = "Compare the LeiKa key; the administrator knows what is offered."


class ReplacedCaseUnknown(DoorRefusal):
    code = "E-REPLACES-UNKNOWN"
    status = 422
    sentence = "Amtsweg-Replaces names no submission of this sender."
    remedy = "Send the Tracking-ID from the answer to the first submission."


class NoSuchAddress(DoorRefusal):
    code = "E-NOT-FOUND"
    status = 404
    sentence = "There is nothing at this address."
    remedy = "Compare the address with docs/api.md."


class MethodRefused(DoorRefusal):
    code = "E-METHOD"
    status = 405
    sentence = "This address does not know this method."
    remedy = "Use a method named in the header Allow."


class ParameterWrong(DoorRefusal):
    code = "E-PARAMETER"
    status = 422
    sentence = "A parameter of the request cannot be read."
    remedy = "Compare the parameters with docs/api.md."


class RequestRefused(DoorRefusal):
    code = "E-REQUEST"
    sentence = "The request cannot be read."
    remedy = "Compare the request with docs/api.md."


class DayMalformed(DoorRefusal):
    code = "E-DAY"
    sentence = "The reconciliation needs one day of the calendar."
    remedy = "Ask with ?day=YYYY-MM-DD; days are those of Germany."


class NotYet(DoorRefusal):
    code = "E-NOT-YET"
    status = 501
    sentence = "This version of Amtsweg cannot do this yet."
    remedy = "For a correction, send a new submission with Amtsweg-Replaces."


class NotReady(DoorRefusal):
    code = "E-NOT-READY"
    status = 503
    headers = MappingProxyType({"Retry-After": "10"})
    sentence = "The door cannot take submissions now."
    remedy = "Wait; the findings say what the administrator has to do."


class CallbackNotBelieved(DoorRefusal):
    code = "E-CALLBACK"
    status = 403
    sentence = "This callback is not believed."
    remedy = "Compare the secret on both sides, and the clocks."


class TooManyCallbacks(DoorRefusal):
    code = "E-CALLBACKS-TOO-MANY"
    status = 429
    headers = MappingProxyType({"Retry-After": "5"})
    sentence = "There are more callbacks than anybody needs."
    remedy = "Wait a few seconds; nothing is lost, since the mailbox is polled, too."


class CaseRefused(DoorRefusal):
    code = "E-REFUSED"
    status = 422
    sentence = "The submission was received, checked and refused."
    remedy = "Correct it and send it under a new Idempotency-Key with Amtsweg-Replaces."
