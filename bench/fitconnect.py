"""CPU of sending and receiving over FIT-Connect, ours against bare libraries.

    python -m bench.fitconnect [--quick]

A sandbox is the counterpart, PostgreSQL keeps what is kept. Both contestants send
to a destination of their own, then each receives what the other has sent.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from bench.district import configure
from bench.fitconnect_load import SCHEMA, Access
from bench.fitconnect_shares import shares
from bench.measure import last_line, median, say, table
from bench.stage import Stage, free_port
from tests.counterparts.fitconnect import furnish
from tests.counterparts.postgres import as_asyncpg

_MAILBOXES: Final = 50
_CONNECTION: Final = """[connection]
token_url = "{token_url}"
submission_url = "{base_url}"
destination_url = "{base_url}/destination-api"
client_id = "{client_id}"
client_secret = "env:BENCH_{role}"
"""
_POLL_EVERY: Final = 60
_ROUNDS: Final = 3


def settle_down(folder: Path, access: Access, mailboxes: list[str]) -> None:
    """Sources for the mailboxes, and a way out to the first of the others."""
    for old in (folder / "sources").glob("*.toml"):
        old.unlink()
    there = next(one for one in access.destinations if one not in mailboxes)
    places = {
        "destinations/hinaus.toml": (
            'id = "hinaus"\nname = "Hinaus"\nadapter = "fitconnect"\n'
            f'[mapping]\ndestination = "{there}"\nschema = "{SCHEMA}"\n'
            + _connection(access, "sender")
        )
    }
    for number, mailbox in enumerate(mailboxes):
        decryption, signing = access.key_files(mailbox)
        places[f"sources/post-{number}.toml"] = (
            f'id = "post-{number}"\nname = "Post {number}"\nadapter = "fitconnect"\n'
            f"poll_every = {_POLL_EVERY}\n"
            + _connection(access, "subscriber")
            + f'destination = "{mailbox}"\n'
            f'decryption_keys = ["file:{decryption}"]\nsigning_key = "file:{signing}"\n'
        )
    configure(folder, "hinaus", places)


def _connection(access: Access, role: str) -> str:
    return _CONNECTION.format(
        token_url=access.token_url,
        base_url=access.base_url,
        client_id=access.credentials(role)["client_id"],
        role=role.upper(),
    )


class Contest:
    """Runs one contestant after the other, each in a process of its own."""

    def __init__(self, stage: Stage) -> None:
        self._folder = stage.folder
        port = free_port()
        sandbox = furnish(stage.folder / "sandbox")
        arguments = ["-m", "api.cli", "sandbox", "fitconnect", "--port", str(port)]
        stage.start(
            "sandbox",
            [*arguments, "--dir", str(sandbox), "--destinations", str(_MAILBOXES + 2)],
            ready=(sandbox / "sandbox.json").exists,
        )
        url = as_asyncpg(stage.postgres.url)
        (stage.folder / "postgres").write_text(url)
        self.access = Access.read(stage.folder)
        self._environment = os.environ | {
            "AMTSWEG_HOME": str(stage.folder / "home"),
            "AMTSWEG_CONFIG": str(stage.folder / "config"),
            "AMTSWEG_DATABASE_URL": stage.postgres.url,
            "BENCH_SENDER": self.access.credentials("sender")["client_secret"],
            "BENCH_SUBSCRIBER": self.access.credentials("subscriber")["client_secret"],
        }
        (stage.folder / "home").mkdir()
        asyncio.run(_bare_table(url))

    def ours(self, what: str, count: int, mailboxes: list[str]) -> float:
        """CPU seconds."""
        settle_down(self._folder / "config", self.access, mailboxes)
        return self._run("bench.fitconnect_ours", what, str(count))

    def bare(self, what: str, count: int, destination: str) -> float:
        """CPU seconds."""
        return self._run("bench.fitconnect_bare", what, destination, str(count))

    def shares(
        self, what: str, count: int, mailboxes: list[str]
    ) -> list[tuple[str, float]]:
        """A round of its own, since being looked at costs as much again."""
        profile = self._folder / f"{what}.prof"
        self._environment["BENCH_PROFILE"] = str(profile)
        self.ours(what, count, mailboxes)
        del self._environment["BENCH_PROFILE"]
        return shares(profile)

    def _run(self, program: str, what: str, *arguments: str) -> float:
        done = subprocess.run(
            [sys.executable, "-m", program, what, str(self._folder), *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        said = json.loads(done.stdout.splitlines()[-1])
        used = float(said["cpu"])
        return used if what == "idle" else used / said["count"]


async def _bare_table(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE bare (id text PRIMARY KEY, content bytea)")
    await connection.close()


@dataclass(kw_only=True)
class Rounds:
    """CPU seconds per submission, by what was done and by whom."""

    used: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, seconds: float) -> None:
        """One round more."""
        self.used.setdefault(name, []).append(seconds)

    def median(self, name: str) -> float:
        """Of all rounds."""
        return median(self.used[name])

    def ratio(self, what: str) -> float:
        """Ours to bare: the median of what each round, in turn, came to."""
        pairs = zip(self.used[what], self.used[f"bare {what}"], strict=True)
        return median([ours / bare for ours, bare in pairs])

    def row(self, what: str) -> tuple[str, float, float, float]:
        """For the table, in milliseconds."""
        ours, bare = self.median(what), self.median(f"bare {what}")
        return what, 1000 * ours, 1000 * bare, self.ratio(what)


def measure(*, quick: bool) -> dict[str, float]:
    """Everything, with tables on the way."""
    count, seconds = (200, 60) if quick else (1_000, 120)
    rounds = Rounds()
    with Stage() as stage:
        contest = Contest(stage)
        first, second, *others = contest.access.destinations
        for _ in range(_ROUNDS):
            rounds.note("send", contest.ours("send", count, [second]))
            rounds.note("bare send", contest.bare("send", count, second))
            rounds.note("receive", contest.ours("receive", count, [second]))
            rounds.note("bare receive", contest.bare("receive", count, first))
        idle = contest.ours("idle", seconds, others) / seconds
        # Ours sends to the first, and receives there what it has sent.
        for what, mailbox in (("send", second), ("receive", first)):
            where = contest.shares(what, count // 5, [mailbox])
            table(
                f"Where the event loop's part of {what} goes (RSA is in threads)",
                [("", "share"), *where],
            )
    table(
        f"CPU ms per submission ({count}; 10 KB of data, one attachment of 50 KB),"
        f" medians of {_ROUNDS} rounds",
        [("", "ours", "bare", "ratio"), rounds.row("send"), rounds.row("receive")],
    )
    say(f"\n{len(others)} mailboxes looked into every {_POLL_EVERY} s: {idle:.2%}")
    return {
        "ratio_receive": rounds.ratio("receive"),
        "ratio_send": rounds.ratio("send"),
        "idle_core_percent": 100 * idle,
        **{
            f"{name.replace(' ', '_')}_ms": 1000 * rounds.median(name)
            for name in rounds.used
        },
    }


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the cases")
    last_line(measure(quick=parser.parse_args().quick))


if __name__ == "__main__":
    main()
