"""Plans as text for a terminal."""

from collections.abc import Iterator, Sequence

from agreement.planning.plan import Needed, Plan
from agreement.report.terminal import shown
from agreement.wording import planning as words

MOST = 15


def plan_text(plans: Sequence[Plan]) -> str:
    """Return the plans as text."""
    if not plans:
        return words.NOTHING
    return "\n\n".join("\n".join(_lines(made)) for made in plans)


def _lines(made: Plan) -> Iterator[str]:
    """Yield the lines of one plan."""
    yield words.line_of_layer(shown(made.layer), made.n_items, made.n_single)
    yield words.line_of_aim(made.half_width, made.change)
    yield from (f"    {_needed(need)}" for need in made.needed)
    yield f"  {made.overlap.meaning}"
    for group in made.overlap.groups if len(made.overlap.groups) > 1 else ():
        yield words.line_of_group([shown(name) for name in group])
    pairs = [(shown(a), shown(b)) for a, b in made.overlap.never[:MOST]]
    if pairs:
        yield words.line_of_never(pairs)
    if made.next_items:
        yield words.SECOND_TIME
    for item in made.next_items[:MOST]:
        by = [shown(name) for name in item.by]
        yield words.line_of_item(shown(item.item), shown(item.label), by, item.why, item.chance)
    yield from (f"  - {sentence}" for sentence in made.advice)


def _needed(need: Needed) -> str:
    """Return what one value needs."""
    name = f"{need.title} {shown(need.label)}" if need.label is not None else need.title
    if need.value is None or need.half_width is None or need.more is None or need.to_see_change is None:
        return words.too_few(name, need.n)
    return words.needed(name, need.value, need.half_width, need.n, need.more, need.to_see_change)
