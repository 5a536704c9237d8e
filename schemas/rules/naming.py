"""Names we give to documents: never the sender's."""

from typing import Final

from schemas.documents import Document

_EXTENSIONS: Final = {
    "application/xml": "xml",
    "text/xml": "xml",
    "application/json": "json",
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/plain": "txt",
}


def document_name(document: Document) -> str:
    """``0000.xml`` for the main document, then ``0001.pdf`` and so on."""
    kind = document.media_type.partition(";")[0].strip().lower()
    return f"{document.position:04}.{_EXTENSIONS.get(kind, 'bin')}"
