"""What the door refuses while it reads a body, each with its HTTP status."""

from types import MappingProxyType

from api.refusals import DoorRefusal


class MediaTypeRefused(DoorRefusal):
    code = "E-MEDIA-TYPE"
    status = 415
    headers = MappingProxyType(
        {"Accept": "application/xml, text/xml, application/json, multipart/form-data"}
    )
    sentence = "This media type is not taken here."
    remedy = "Send XML, JSON, or multipart/form-data with one part named main."


class ContentEncodingRefused(DoorRefusal):
    code = "E-CONTENT-ENCODING"
    status = 415
    headers = MappingProxyType({"Accept-Encoding": "identity"})
    sentence = "Compressed or otherwise encoded bodies are not taken."
    remedy = "Send the body as it is, without Content-Encoding."


class BodyIncomplete(DoorRefusal):
    code = "E-BODY-INCOMPLETE"
    sentence = "The body ended before it was complete."
    remedy = "Send it again under the same Idempotency-Key; nothing was kept."


class BodyLengthWrong(DoorRefusal):
    code = "E-BODY-LENGTH"
    sentence = "The body is not as long as Content-Length says."
    remedy = "Send it again with the right length; nothing was kept."


class BodyTooSlow(DoorRefusal):
    code = "E-BODY-TIMEOUT"
    status = 408
    sentence = "The sender was silent in the middle of the body for too long."
    remedy = "Send it again under the same Idempotency-Key; nothing was kept."


class DocumentTooLarge(DoorRefusal):
    code = "E-DOCUMENT-TOO-LARGE"
    status = 413
    sentence = "One document is larger than allowed."
    remedy = "Send a smaller one; docs/api.md names the limits."


class SubmissionTooLarge(DoorRefusal):
    code = "E-SUBMISSION-TOO-LARGE"
    status = 413
    sentence = "All documents together are larger than allowed."
    remedy = "Send less; docs/api.md names the limits."


class TooManyAttachments(DoorRefusal):
    code = "E-TOO-MANY-ATTACHMENTS"
    status = 413
    sentence = "There are more attachments than allowed."
    remedy = "Send fewer; docs/api.md names the limits."


class MultipartMalformed(DoorRefusal):
    code = "E-MULTIPART"
    sentence = "The multipart body cannot be read."
    remedy = "Let a library build it; docs/api.md shows one."


class PartHeadersTooLarge(DoorRefusal):
    code = "E-PART-HEADERS"
    sentence = "The headers of a part are longer than allowed."
    remedy = "Send only Content-Disposition and Content-Type."


class PartUnknown(DoorRefusal):
    code = "E-PART-UNKNOWN"
    sentence = "A part is named neither main nor attachment."
    remedy = "Name the application main and every other part attachment."


class MainMissing(DoorRefusal):
    code = "E-MAIN-MISSING"
    sentence = "No part is named main."
    remedy = "Send the application itself as the part main, in XML or JSON."


class MainRepeated(DoorRefusal):
    code = "E-MAIN-REPEATED"
    sentence = "More than one part is named main."
    remedy = "Send one application per submission; the rest are attachments."


class PartTypeRefused(DoorRefusal):
    code = "E-PART-TYPE"
    status = 415
    sentence = "The Content-Type of a part cannot be used."
    remedy = "Send main as XML or JSON, attachments with type/subtype."


class FilenameRefused(DoorRefusal):
    code = "E-FILENAME"
    sentence = "A file name contains what no file name may contain."
    remedy = "Send the bare name in UTF-8, without folders or control characters."


class FilenameTooLong(DoorRefusal):
    code = "E-FILENAME-TOO-LONG"
    sentence = "A file name is longer than allowed."
    remedy = "Shorten it; docs/api.md names the limits."


class DocumentEmpty(DoorRefusal):
    code = "E-DOCUMENT-EMPTY"
    sentence = "The main document is empty."
    remedy = "Send the application itself."


class EncodingRefused(DoorRefusal):
    code = "E-ENCODING"
    sentence = "The characters of the main document cannot be read."
    remedy = "Send UTF-8 without NUL, and JSON without byte order mark."


class JsonMalformed(DoorRefusal):
    code = "E-JSON"
    sentence = "The main document is not one whole JSON object or array."
    remedy = "Let a library write it."


class JsonTooDeep(DoorRefusal):
    code = "E-JSON-DEPTH"
    sentence = "The JSON is nested more deeply than allowed."
    remedy = "Flatten it; docs/api.md names the limits."


class XmlMalformed(DoorRefusal):
    code = "E-XML"
    sentence = "The main document does not begin as XML does."
    remedy = "Let a library write it."


class DoctypeRefused(DoorRefusal):
    code = "E-XML-DOCTYPE"
    sentence = "XML with a document type declaration is not taken."
    remedy = "Leave out <!DOCTYPE>; no standard of the administration needs it."
