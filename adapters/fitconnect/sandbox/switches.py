"""What can be changed while the sandbox runs: strictness, limits, disorder."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapters.fitconnect.sandbox.forging import Forgery

MB: Final = 1_000_000


class Switches(BaseModel):
    """Defaults are the documented behaviour, or the strict one where nobody knows."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_assignment=True)

    zip_refused: bool = True
    """On v2; that compressed JWEs are prohibited there is second-hand."""
    kid_enforced: bool = False
    """JWEs must name a published key; what the real one does is unknown."""
    replies: bool = False
    """The endpoints of replies, all of them unconfirmed."""
    gone_after_answer: bool = False
    """After accept or reject a submission can be read no more; else for 7 days."""
    rate_limit: int = Field(default=0, ge=0)
    """Calls of a client in a window; 0 = as many as it likes."""
    rate_window: float = Field(default=60.0, gt=0)
    latency: float = Field(default=0.0, ge=0)
    """Seconds before each answer."""
    list_order: Literal["arrival", "reversed"] = "arrival"
    list_twice: bool = False
    """Lists name every submission twice."""
    events_order: Literal["arrival", "reversed"] = "arrival"
    forge: Forgery = ""
    """How events of the Zustelldienst are signed from now on; "" = rightly."""
    callback_copies: int = Field(default=1, ge=0)
    callback_hold: bool = False
    """Callbacks wait until this is off again, then all come at once."""
    callback_order: Literal["arrival", "reversed"] = "arrival"
    callback_delay: float = Field(default=0.0, ge=0)
    callback_retry: float = Field(default=1.0, gt=0)
    """Seconds before the second attempt; doubled until a minute. The real schedule
    is not published."""
    max_attachments: int = Field(default=100, ge=0)
    max_attachment_bytes: int = Field(default=500 * MB, ge=0)
    max_sum_bytes: int = Field(default=2000 * MB, ge=0)
    max_document_bytes: int = Field(default=50 * MB, ge=0)
    """Metadata and data together; the real limit is not published."""
