"""``[check]`` of a service: what its documents must be, and what if they are not."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from schemas.checking.claims import Claim, FormOf, NoClaim, SchemaUri
from schemas.checking.policy import CheckPolicy, Unknown
from schemas.configuration.entries import Draft, Entries
from schemas.configuration.problems import ConfigProblem
from schemas.errors import SnapshotUnreadable
from schemas.services import Service, Setting

SECTION: Final = "check"
UNCHECKED: Final = CheckPolicy(unknown=Unknown.ACCEPT)
"""What applied before there were packs."""

PackCheck: TypeAlias = Callable[[Service], tuple[ConfigProblem, ...]]
"""What the packs that are there have to say about a service's file."""


def any_pack(service: Service) -> tuple[ConfigProblem, ...]:
    """Where it is not known which packs there are."""
    del service
    return ()


def parse_check(section: Mapping[str, Setting]) -> Draft[CheckPolicy]:
    """The policy, with every problem of the section."""
    wishes = Entries(section, SECTION)
    packs = wishes.texts("packs")
    for position, one in enumerate(packs):
        if one in packs[:position]:
            wishes.wrong_element(
                "packs",
                position,
                sentence=f"The pack `{one}` stands here twice.",
                remedy="Remove one of them.",
            )
    policy = CheckPolicy(
        packs=packs,
        unknown=wishes.choice("unknown", Unknown, default=Unknown.QUARANTINE),
        claim=_claim(wishes),
    )
    return Draft(value=policy, problems=wishes.finish())


def _claim(wishes: Entries) -> Claim:
    uri, form = wishes.text("schema", ""), wishes.text("form", "")
    if uri and form:
        wishes.wrong(
            "form",
            "There is a `schema` already.",
            "Keep the one that says what the sender's documents are.",
        )
    if uri:
        return SchemaUri(uri=uri)
    if not form:
        return NoClaim()
    profile, _, name = form.partition("/")
    if not (profile and name):
        wishes.wrong(
            "form",
            "This is not a form.",
            'Write form = "<profile>/<id>", as `amtsweg schema show` names it.',
        )
    return FormOf(profile=profile, id=name)


def frozen(policy: CheckPolicy) -> Mapping[str, Setting]:
    """As a snapshot holds it: the keys of the section that say something."""
    plain: dict[str, Setting] = {
        "packs": policy.packs,
        "unknown": policy.unknown.value,
    }
    match policy.claim:
        case SchemaUri(uri=uri):
            plain["schema"] = uri
        case FormOf(profile=profile, id=name):
            plain["form"] = (profile, name)
        case NoClaim():
            pass
    return plain


def thawed(plain: Mapping[str, Setting]) -> CheckPolicy:
    """The policy again. Raises SnapshotUnreadable, ValueError, KeyError."""
    packs = plain["packs"]
    if not isinstance(packs, tuple):
        raise SnapshotUnreadable
    claim: Claim = NoClaim()
    if "schema" in plain:
        claim = SchemaUri(uri=_text(plain["schema"]))
    elif "form" in plain:
        form = plain["form"]
        if not isinstance(form, tuple):
            raise SnapshotUnreadable
        profile, name = map(_text, form)
        claim = FormOf(profile=profile, id=name)
    return CheckPolicy(
        packs=tuple(map(_text, packs)),
        unknown=Unknown(_text(plain["unknown"])),
        claim=claim,
    )


def _text(value: Setting) -> str:
    if not isinstance(value, str):
        raise SnapshotUnreadable
    return value
