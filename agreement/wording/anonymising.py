"""What is said where names are replaced: where they still stand, and what to do about it."""

# ruff: noqa: RUF001 - the typographic apostrophe is what a page prints

TEXTS, ITEM_IDS, LABELS = "texts", "item ids", "labels"
LEAVE_OUT, RENAME = "leave them out with --no-text", "rename them in the data"
SHORT_NAMES = "Names of annotators with fewer than two letters were not looked for inside other words."


def names_left(what: str, holding: int, remedy: str) -> str:
    """Return where names of annotators still stand, how often, and what to do about it."""
    return f"Annotators’ names found in {what} ({holding}), which are not changed: {remedy}."
