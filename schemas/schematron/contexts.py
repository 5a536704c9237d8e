"""How much of a document a pattern walks through for the contexts of its rules."""

import re
from collections.abc import Iterable
from typing import Final

ELEMENTS: Final = "*"
ALL: Final = "@*|node()"

_LITERALS: Final = re.compile(r"""'[^']*'|"[^"]*"|\(:.*?:\)""", re.DOTALL)
_INNERMOST: Final = re.compile(r"\[[^\[\]]*\]")
# Attributes, texts, comments, or what we do not want to understand.
_MORE: Final = re.compile(r"@|attribute|namespace|\(|\$|(^|[^\w.])\.([^\w.]|$)")


def walked_for(contexts: Iterable[str]) -> str:
    """Elements alone where no context can mean anything else: half the time."""
    return ALL if any(_MORE.search(_bare(one)) for one in contexts) else ELEMENTS


def _bare(context: str) -> str:
    """Without its texts and conditions."""
    bare = _LITERALS.sub("", context)
    while (less := _INNERMOST.sub("", bare)) != bare:
        bare = less
    return bare
