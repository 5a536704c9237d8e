"""Forms of form servers as operators write them: ``profile/id``."""

import typer

from schemas.packs.manifest import Form


def form_of(text: str) -> Form:
    """The form that is meant. Raises BadParameter."""
    profile, _, id_ = text.partition("/")
    if not (profile and id_):
        raise typer.BadParameter(
            "Write PROFILE/ID, such as demo-formserver/hundesteuer-anmeldung.",
            param_hint="--form",
        )
    return Form(profile=profile, id=id_)
