"""What the page says about labels that are paths: agreement level by level, and where pairs part."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agreement.comparison import Comparison
from agreement.report._figures import ScoreBook, score_book
from agreement.wording import Figure
from agreement.wording import structures as words
from agreement.wording.numbers import NOT_COMPUTED

if TYPE_CHECKING:
    from agreement.pipeline import Audit

FIRST = "agreement.depth1"
MOST_PAIRS = 60


@dataclass(frozen=True, slots=True)
class PathView:
    """One layer of paths.

    Parameters
    ----------
    name, answer, advice
        The layer, at which level most labels part, and what to do.
    levels
        Level, agreement down to it, share of different labels that part there; all annotators together.
    alpha
        Alpha with path distances.
    pairs
        Reference, other, agreement by level, share that part at each level, alpha.
    pairs_left
        Pairs in the JSON only.
    """

    name: str
    answer: str
    levels: tuple[tuple[int, Figure, Figure], ...]
    alpha: Figure
    pairs: tuple[tuple[str, str, tuple[Figure, ...], tuple[Figure, ...], Figure], ...]
    pairs_left: int
    advice: str


def path_views(audit: "Audit") -> tuple[PathView, ...]:
    """Return the layers whose labels are paths."""
    confidence = audit.settings.measures.confidence
    return tuple(
        _view(comparison, score_book(comparison, confidence))
        for comparison in audit.comparisons
        if comparison.scores["measure"].eq(FIRST).any()
    )


def _view(comparison: Comparison, book: ScoreBook) -> PathView:
    """Return what the page says about one layer."""
    depths = sorted(
        int(name.removeprefix("agreement.depth"))
        for name in comparison.scores["measure"].unique()
        if str(name).startswith("agreement.depth")
    )
    nothing = Figure(None, reason=NOT_COMPUTED)

    def together(measure: str) -> Figure:
        return book.pooled(measure) or nothing

    levels = tuple(
        (depth, together(f"agreement.depth{depth}"), together(f"divergence.depth{depth}")) for depth in depths
    )
    known = [(parting.value, depth, parting) for depth, _, parting in levels if parting.value is not None]
    most = max(known, key=lambda entry: (entry[0], -entry[1]), default=None)
    agreements = [book.by_pair(f"agreement.depth{depth}") for depth in depths]
    partings = [book.by_pair(f"divergence.depth{depth}") for depth in depths]
    alphas = book.by_pair("krippendorff_alpha.path")
    pairs = [
        (
            *pair,
            tuple(by[pair] for by in agreements),
            tuple(by.get(pair, nothing) for by in partings),
            alphas.get(pair, nothing),
        )
        for pair in sorted(agreements[0])
        if pair[0] < pair[1]
    ]
    return PathView(
        comparison.layer.name,
        words.parting(most[1], most[2]) if most else words.NOBODY_PARTS,
        levels,
        together("krippendorff_alpha.path"),
        tuple(pairs[:MOST_PAIRS]),
        max(len(pairs) - MOST_PAIRS, 0),
        words.level_advice(most[1], max(depths)) if most else "",
    )
