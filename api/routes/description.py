"""What the OpenAPI document says about each route."""

from typing import Any, Final

from api.problems import PROBLEM_JSON

_PROBLEM: Final = {
    "description": "A problem document; docs/api.md lists the codes.",
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_STRING: Final = {"type": "string"}
_BINARY: Final = {"type": "string", "format": "binary"}

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "next"],
    "properties": {
        name: {"type": "integer"} if name == "status" else _STRING
        for name in ("type", "title", "status", "detail", "instance", "code", "next")
    },
}


def _answers(*statuses: int, good: dict[int | str, Any]) -> dict[int | str, Any]:
    return good | dict.fromkeys(statuses, _PROBLEM)


def _header(name: str, text: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": text,
        "schema": _STRING,
    }


SUBMIT: Final[dict[str, Any]] = {
    "summary": "Hand in a submission",
    "status_code": 202,
    "responses": _answers(
        *(400, 401, 403, 408, 409, 410, 413, 415, 422, 500, 503, 507),
        good={202: {"description": "Accepted: committed, and it will arrive."}},
    ),
    "openapi_extra": {
        "security": [{"sender": []}],
        "parameters": [
            _header("Idempotency-Key", "Fresh per submission.", required=True),
            _header("Amtsweg-Service", "LeiKa key; or the parameter service."),
            _header("Amtsweg-Replaces", "Tracking-ID of what this corrects."),
            _header("Prefer", "wait=n: answer once checked, at most 10 seconds."),
            {
                "name": "service",
                "in": "query",
                "description": "LeiKa key, where a header cannot be set.",
                "schema": _STRING,
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/xml": {"schema": _STRING},
                "text/xml": {"schema": _STRING},
                "application/json": {"schema": {}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["main"],
                        "properties": {
                            "main": _BINARY,
                            "attachment": {
                                "type": "array",
                                "maxItems": 100,
                                "items": _BINARY,
                            },
                        },
                    }
                },
            },
        },
    },
}
DAY: Final[dict[str, Any]] = {
    "summary": "Reconcile: what this sender handed in on a German day",
    "responses": _answers(400, 401, 500, 503, good={}),
    "openapi_extra": {
        "security": [{"sender": []}],
        "parameters": [
            {
                "name": "day",
                "in": "query",
                "required": True,
                "schema": {"type": "string", "format": "date"},
            }
        ],
    },
}
_BY_TRACKING_ID: Final[dict[str, Any]] = {"security": [{"sender": []}]}
STANDING: Final[dict[str, Any]] = {
    "summary": "Ask how a submission of this sender stands",
    "responses": _answers(400, 401, 404, 422, 500, 503, good={}),
    "openapi_extra": _BY_TRACKING_ID,
}
LATER: Final[dict[str, Any]] = {
    "summary": "Refused by name: comes in a later version",
    "status_code": 501,
    "responses": _answers(400, 401, 422, 501, good={}),
    "openapi_extra": _BY_TRACKING_ID,
}
CALLBACK: Final[dict[str, Any]] = {
    "summary": "FIT-Connect says that something is new",
    "status_code": 202,
    "responses": _answers(
        *(400, 403, 404, 408, 413, 422, 429, 500, 503),
        good={202: {"description": "Somebody goes and looks."}},
    ),
    "openapi_extra": {
        "parameters": [
            _header("callback-authentication", "HMAC-SHA512 in hex.", required=True),
            _header("callback-timestamp", "Seconds since 1970.", required=True),
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {}}},
        },
    },
}
LIVE: Final[dict[str, Any]] = {"summary": "Whether the process answers"}
READY: Final[dict[str, Any]] = {
    "summary": "Whether submissions can be taken",
    "responses": _answers(503, good={}),
}
