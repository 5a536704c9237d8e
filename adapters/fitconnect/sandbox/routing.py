"""A stub of the Routing API: it finds our own destinations, signed by the portal."""

import asyncio
import json
import re
import sqlite3
import uuid
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

from adapters.fitconnect.sandbox.calls import Answer, Call, Refusal, json_answer
from adapters.fitconnect.sandbox.signatures import sign
from adapters.fitconnect.sandbox.zustelldienst import Zustelldienst

LEIKA: Final = "urn:de:fim:leika:leistung:"
_REGION_URN: Final = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs:"
_LEIKA_KEY: Final = re.compile(r"99\d{12}", re.ASCII)
_PLACES: Final = {
    "ags": re.compile(r"\d{2}|\d{3}|\d{5}|\d{8}", re.ASCII),
    "ars": re.compile(r"\d{2}|\d{3}|\d{5}|\d{9}|\d{12}", re.ASCII),
    "areaId": re.compile(r"\d+", re.ASCII),
}
_EXPRESSION: Final = re.compile(r"(\*?([^*]{2,})\*?)*")
_MOST_EXPRESSIONS: Final = 10
AREAS: Final = (
    {"id": "1", "name": "Deutschland", "type": "Staat"},
    {"id": "5", "name": "Nordrhein-Westfalen", "type": "Land"},
    {"id": "9", "name": "Bayern", "type": "Land"},
    {"id": "9162", "name": "München", "type": "Kreisfreie Stadt"},
    {"id": "6435", "name": "Main-Kinzig-Kreis", "type": "Landkreis"},
    {"id": "6435014", "name": "Hanau", "type": "Stadt"},
)
"""Enough to search in; ids are made up of official keys."""


async def routes(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /routes``: destinations for a service at a place; none is no error."""
    leika = call.first("leikaKey")
    given = {name: call.first(name) for name in _PLACES if call.first(name)}
    if _LEIKA_KEY.fullmatch(leika) is None:
        raise _bad("leikaKey is 99 and twelve digits.")
    if len(given) != 1:
        raise _bad("Give exactly one of ags, ars and areaId.")
    [(kind, place)] = given.items()
    if _PLACES[kind].fullmatch(place) is None:
        raise _bad(f"{kind} does not look like that.")
    offset, limit = call.page()
    rows = dienst.database.execute(
        "SELECT * FROM destinations WHERE status = 'active' ORDER BY rowid"
    ).fetchall()
    # Ids of areas are nobody's key: what is found for them is found everywhere.
    region = "" if kind == "areaId" else place
    found = [row for row in rows if _serves(row, leika, region)]
    shown = [await _shown(dienst, row) for row in found[offset : offset + limit]]
    return json_answer(
        {
            "count": len(shown),
            "offset": offset,
            "totalCount": len(found),
            "routes": shown,
        }
    )


async def areas(dienst: Zustelldienst, call: Call) -> Answer:
    """``GET /areas``: every expression must match a name; ``*`` is anything."""
    del dienst
    given = call.query.get("areaSearchexpression", ())
    if not given or len(given) > _MOST_EXPRESSIONS:
        raise _bad("Give one to ten of areaSearchexpression.")
    if not all(_EXPRESSION.fullmatch(one) for one in given):
        raise _bad("An expression has at least two letters.")
    offset, limit = call.page()
    found = [area for area in AREAS if all(_matches(area["name"], e) for e in given)]
    page = found[offset : offset + limit]
    return json_answer(
        {
            "count": len(page),
            "offset": offset,
            "totalCount": len(found),
            "areas": page,
        }
    )


def _serves(row: sqlite3.Row, leika: str, place: str) -> bool:
    return any(
        one.get("identifier") == LEIKA + leika
        and any(_covers(region, place) for region in one.get("regions", ["DE"]))
        for one in json.loads(row["body"]).get("services", [])
    )


def _covers(region: str, place: str) -> bool:
    """``DE000000000000`` is everywhere, ``DE064350000000`` a district."""
    digits = region.removeprefix("DE").rstrip("0")
    shorter = min(len(digits), len(place))
    return digits[:shorter] == place[:shorter]


async def _shown(dienst: Zustelldienst, row: sqlite3.Row) -> dict[str, object]:
    body = json.loads(row["body"])
    claims: dict[str, object] = {
        "submissionHost": urlsplit(dienst.base_url).netloc,
        "iss": dienst.portal_url,
        "services": [
            {
                "gebietIDs": [
                    _REGION_URN + region.removeprefix("DE")
                    for region in one.get("regions", [])
                ],
                "leistungIDs": [one["identifier"]],
            }
            for one in body.get("services", [])
        ],
        "destinationId": row["destination_id"],
        "iat": dienst.clock.stamp(),
        "jti": str(uuid.uuid4()),
    }
    signature = await asyncio.to_thread(sign, dienst.portal_key, claims, typ="JWT")
    return {
        "destinationId": row["destination_id"],
        "destinationSignature": signature,
        "destinationName": body.get("name", ""),
    }


def _matches(name: str, expression: str) -> bool:
    return fnmatchcase(name.casefold(), expression.casefold().replace("[", "[[]"))


def _bad(detail: str) -> Refusal:
    return Refusal(400, "bad-request", detail=detail)
