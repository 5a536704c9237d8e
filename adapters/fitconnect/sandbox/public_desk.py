"""What everybody may read: keys of the Zustelldienst and the portal, version, state."""

from typing import Final

from adapters.fitconnect.sandbox.calls import Answer, Call, json_answer
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

_VERSIONS: Final = {
    "v1": {"major": 1, "minor": 0, "patch": 7},
    "v2": {"major": 2, "minor": 0, "patch": 0},
}


async def service_keys(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /.well-known/jwks.json``."""
    del call
    return json_answer({"keys": [dienst.key.public()]})


async def portal_keys(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /portal/.well-known/jwks.json``."""
    del call
    return json_answer({"keys": [dienst.portal_key.public()]})


async def info(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /{version}/info``."""
    del dienst
    return json_answer({"version": _VERSIONS[call.version]})


async def status(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /status``."""
    del dienst, call
    return json_answer({"status": "UP"})
