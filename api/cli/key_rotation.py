"""What ``amtsweg key rotate`` and ``retire`` do and print."""

import typer

from api.cli.errors import UNREACHED
from api.cli.house import House
from api.cli.output import Progress, note, say, say_json
from schemas.errors import KeyInUse, KeyMissing
from schemas.ids import KeyName
from storage.key_register import KeyRegister
from storage.rewrap import Done, Rewrapping
from storage.vault.keys import KeyRing


async def rotate_keys(house: House, *, as_json: bool) -> None:
    """Raises Exit where some data keys could not be wrapped anew."""
    ring = house.keys()
    rewrapping = Rewrapping(house.database, ring)
    done = Done()
    if ring.names() and await rewrapping.left():
        note("An earlier rotation has not come to its end; going on with it.")
        done = await _rewrap(rewrapping)
    if not done.rewrapped:
        ring.create()
        await _follow(house, ring)
        done = await _rewrap(rewrapping)
    await _follow(house, ring)
    name = ring.current_name()
    left = await rewrapping.left()
    if as_json:
        say_json({"current": name, "rewrapped": done.rewrapped, "left": left})
    else:
        say(f"{name} is the current key; {done.rewrapped} data keys were wrapped anew.")
    if not ring.is_exported(name):
        note("Export it now: `amtsweg key export --output FILE`.")
    if left:
        note(f"{left} data keys cannot be read: `amtsweg doctor` says which key lacks.")
        raise typer.Exit(UNREACHED)


async def retire_key(house: House, name: str) -> None:
    """Raises KeyMissing, KeyInUse; the file goes last, so repeating is harmless."""
    ring, key = house.keys(), KeyName(name)
    if key not in ring.names():
        raise KeyMissing(f"There is no {name}; there are: {', '.join(ring.names())}.")
    await _follow(house, ring)
    if not ring.is_exported(key):
        raise KeyInUse("It was never exported, and a backup may need it.")
    await KeyRegister(house.database).retire(key)
    ring.retire(key)
    say(f"{name} is retired and its file deleted; older backups need its export.")


async def _rewrap(rewrapping: Rewrapping) -> Done:
    """Round after round, until one finds nothing that it could change."""
    progress, total = Progress(), await rewrapping.left()
    done = Done()
    try:
        while True:
            this = Done()
            async for this in rewrapping.round():
                so_far = done.rewrapped + this.rewrapped
                progress.show(f"{so_far} of {max(total, so_far)} data keys")
            done = Done(
                rewrapped=done.rewrapped + this.rewrapped, unreadable=this.unreadable
            )
            if not this.rewrapped:
                return done
    finally:
        progress.end()


async def _follow(house: House, ring: KeyRing) -> None:
    names = ring.names()
    await KeyRegister(house.database).follow(names, ring.current_name())
