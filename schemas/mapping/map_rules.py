"""What must hold of a map as a whole: ids and references, fields, repetitions."""

from collections.abc import Iterator

from schemas.mapping.form_map import (
    AsCode,
    Element,
    FieldName,
    FromField,
    FromOutside,
    Identity,
    Listed,
    Numbered,
    Reference,
    TreeMap,
    elements,
    form_fields,
    sources,
)
from schemas.mapping.map_keys import Mistakes
from schemas.mapping.map_sources import Chain

Standing = tuple[str, Chain, Element]
"""Where an element stands in the file, and what repeats around it."""


def check_tree(found: TreeMap, mistakes: Mistakes) -> None:
    """Note what is wrong between the elements of a map."""
    standing = tuple(_standing(found.root, "/root", ()))
    _check_ids(standing, mistakes)
    _check_fields(standing, mistakes)
    for at, chain, one in standing:
        _check_element(at, one, mistakes)
        _check_numbers(at, chain, standing, mistakes)


def absolute(name: FieldName, chain: Chain) -> tuple[str | None, ...]:
    """A field's path from the top; None stands for any position in a list."""
    if name.from_top:
        return name.steps
    path: tuple[str | None, ...] = ()
    for each in chain:
        if isinstance(each, Listed):
            before = () if each.name.from_top else path
            path = (*before, *each.name.steps, None)
    return (*path, *name.steps)


def elements_with_chain(root: Element) -> Iterator[tuple[Element, Chain]]:
    """Every element of the tree, with what repeats around it and itself."""
    for _, chain, one in _standing(root, "", ()):
        yield one, chain


def fields_with_chain(root: Element) -> Iterator[tuple[FieldName, Chain]]:
    """Every field that the tree names, with what repeats around it."""
    for one, chain in elements_with_chain(root):
        around = chain[:-1] if one.each else chain
        if one.when:
            yield one.when.name, around
        for source in sources(one):
            yield from ((field.name, chain) for field in form_fields(source))


def asks_the_form(one: Element) -> bool:
    """Whether any form field stands at an element or below it."""
    return any(
        form_fields(source) for below in elements(one) for source in sources(below)
    )


def _standing(one: Element, at: str, chain: Chain) -> Iterator[Standing]:
    inside = (*chain, one.each) if one.each else chain
    yield at, inside, one
    for position, child in enumerate(one.children):
        yield from _standing(child, f"{at}/children/{position}", inside)


def _check_ids(standing: tuple[Standing, ...], mistakes: Mistakes) -> None:
    chains: dict[str, Chain] = {}
    for at, chain, one in standing:
        for source in sources(one):
            if isinstance(source, Identity):
                if source.name in chains:
                    mistakes.note(
                        at, "Another element has this id.", "Give each its own."
                    )
                chains[source.name] = chain
    for at, chain, one in standing:
        for source in sources(one):
            if not isinstance(source, Reference):
                continue
            if source.name not in chains:
                mistakes.note(
                    at, "No element has the id that `ref` names.", "Name one that is."
                )
            elif chains[source.name] != chain[: len(chains[source.name])]:
                mistakes.note(
                    at,
                    "What `ref` names repeats, and this does not repeat with it.",
                    "Put the same `each` at an element around the reference.",
                )


def _check_fields(standing: tuple[Standing, ...], mistakes: Mistakes) -> None:
    """A field is a value or holds further fields, never both."""
    paths = {
        absolute(field.name, chain): at
        for at, chain, one in standing
        for source in sources(one)
        for field in form_fields(source)
    }
    inner = {path[:end] for path in paths for end in range(1, len(path))}
    for path, at in paths.items():
        if path in inner:
            mistakes.note(
                at,
                "The field is a value here and holds further fields elsewhere.",
                "Name the fields inside of it.",
            )


def _check_element(at: str, one: Element, mistakes: Mistakes) -> None:
    can_be_absent = isinstance(one.source, FromOutside) or any(
        isinstance(source, Reference) for source in sources(one)
    )
    if one.optional and not asks_the_form(one) and not can_be_absent:
        mistakes.note(
            f"{at}/optional",
            "No field below decides whether this is there.",
            "Remove `optional`, or use `when`.",
        )
    for attribute in one.attributes:
        match attribute.source:
            case FromField(conversion=AsCode(table=table)) if (
                table.list_uri or table.element
            ):
                mistakes.note(
                    f"{at}/attributes",
                    "An attribute cannot name the list of its code.",
                    "Use a table without `list`, `version` and `element`.",
                )
            case _:
                pass


def _check_numbers(
    at: str, chain: Chain, standing: tuple[Standing, ...], mistakes: Mistakes
) -> None:
    if not chain or not isinstance(each := chain[-1], Numbered):
        return
    named = (
        f"{{{each.variable}}}" in step
        for _, around, one in standing
        if each in around
        for source in sources(one)
        for field in form_fields(source)
        for step in field.name.steps
    )
    if not any(named):
        mistakes.note(
            f"{at}/each",
            "No field has this number in its name.",
            f"Write `{{{each.variable}}}` in names of fields inside.",
        )
