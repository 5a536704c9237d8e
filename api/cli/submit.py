"""The command ``submit``: hand one submission in, as a form server would."""

import asyncio
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.options import AsJson, examples

if TYPE_CHECKING:
    from api.cli.posting import Part, Reply, Submission

SUBMIT_EXAMPLES: Final = examples(
    "submit antrag.xml --service 99107023017000 --attachment mietvertrag.pdf --wait 5"
)
_MAIN_TYPES: Final = {".xml": "application/xml", ".json": "application/json"}
_MOST_SECONDS: Final = 10


File = Annotated[
    Path,
    typer.Argument(
        help="The application: XML or JSON.",
        exists=True,
        dir_okay=False,
        metavar="FILE",
    ),
]
LeiKa = Annotated[str, typer.Option(help="LeiKa key of the service.", metavar="LEIKA")]
Attachments = Annotated[
    list[Path] | None,
    typer.Option(
        help="A file that belongs to it; may be repeated.",
        exists=True,
        dir_okay=False,
        metavar="FILE",
    ),
]
Token = Annotated[
    str,
    typer.Option(
        help="The sender's token; better in the variable or in a file.",
        envvar="AMTSWEG_TOKEN",
        show_envvar=True,
        metavar="TOKEN",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="File that holds the token.", exists=True, dir_okay=False, metavar="FILE"
    ),
]
Key = Annotated[
    str,
    typer.Option(
        help="Idempotency-Key; a fresh one where none is given.", metavar="KEY"
    ),
]
Wait = Annotated[
    int,
    typer.Option(
        help="Answer once it is checked, after so many seconds at most.",
        min=0,
        max=_MOST_SECONDS,
        metavar="SECONDS",
    ),
]
DoorUrl = Annotated[
    str,
    typer.Option(help="Address of the door; else as in the settings.", metavar="URL"),
]


def submit(
    file: File,
    service: LeiKa,
    attachment: Attachments = None,
    token: Token = "",
    token_file: TokenFile = None,
    key: Key = "",
    wait: Wait = 0,
    door: DoorUrl = "",
    as_json: AsJson = False,
) -> None:
    """Hand in one submission, and print its case number and Tracking-ID."""
    from api.cli.posting import Submission
    from schemas.ids import ServiceKey

    secret = token_file.read_text().strip() if token_file else token
    if not secret:
        raise typer.BadParameter("name one", param_hint="--token-file or AMTSWEG_TOKEN")
    with ExitStack() as opened:
        submission = Submission(
            service=ServiceKey(service),
            key=key or str(uuid.uuid4()),
            main=_part(opened, file, _main_type(file)),
            attachments=tuple(
                _part(opened, path, _guess(path)) for path in attachment or ()
            ),
            wait=wait,
        )
        reply = asyncio.run(_send(door or _door(), secret, submission))
    _show(reply, as_json=as_json)


async def _send(door: str, token: str, submission: "Submission") -> "Reply":
    from api.cli.output import note
    from api.cli.posting import hand_in, open_client
    from schemas.errors import DoorAway

    async with open_client() as client:
        try:
            return await hand_in(client, door, token, submission)
        except DoorAway:
            note(f"The Idempotency-Key was {submission.key}")
            raise


def _show(reply: "Reply", *, as_json: bool) -> None:
    from api.cli.errors import REFUSED, UNREACHED
    from api.cli.output import note, say_fields, say_json

    if as_json:
        say_json(dict(reply.body))  # type: ignore[arg-type]  # it was JSON
    elif reply.is_accepted:
        say_fields(
            [
                ("Case number", reply.text("case_number")),
                ("Tracking-ID", reply.text("tracking_id")),
                ("Status", reply.text("status")),
            ]
        )
    else:
        parts = (reply.text("code"), reply.text("title"), reply.text("detail"))
        note(" ".join(part for part in parts if part) or f"HTTP {reply.status}")
        for problem in _problems(reply):
            note(f"  {problem}")
        note(f"→ {reply.text('next') or 'Look at the log of the door.'}")
    if not reply.is_accepted:
        raise typer.Exit(UNREACHED if reply.is_fault_of_door else REFUSED)


def _problems(reply: "Reply") -> list[str]:
    found = reply.body.get("problems")
    return [
        _problem(one)
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict)
    ]


def _problem(one: "dict[str, object]") -> str:
    line = f"(line {one['line']})" if one.get("line") else ""
    said = (one.get("code"), one.get("location"), line, one.get("english"))
    return " ".join(str(word) for word in said if word)


def _door() -> str:
    from storage.settings import read_settings

    settings = read_settings()
    return f"http://{settings.host}:{settings.port}"


def _part(opened: ExitStack, path: Path, media_type: str) -> "Part":
    from api.cli.posting import Part

    content = opened.enter_context(path.open("rb"))
    return Part(filename=path.name, media_type=media_type, content=content)


def _main_type(path: Path) -> str:
    media_type = _MAIN_TYPES.get(path.suffix.lower())
    if media_type is None:
        raise typer.BadParameter("must end in .xml or .json", param_hint="FILE")
    return media_type


def _guess(path: Path) -> str:
    import mimetypes

    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
