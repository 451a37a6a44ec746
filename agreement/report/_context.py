"""What every part of a layer's view is made from, and the links it leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

from agreement.comparison import Comparison
from agreement.disputes import Mixtures, mixtures
from agreement.flags import Flag
from agreement.intervals import wilson
from agreement.peers import Peers
from agreement.report._figures import ScoreBook
from agreement.report._peers import with_others
from agreement.report._queue import Disputed
from agreement.report._slugs import Slugs
from agreement.report.model import Link
from agreement.rounds.comparing import LayerChange
from agreement.settings import LayerKind
from agreement.units import Units
from agreement.wording import Figure
from agreement.wording.page import NOTHING_TO_COUNT

if TYPE_CHECKING:
    from agreement.pipeline import Audit

CAUSES = ("confirmed", "suspected")


@dataclass(frozen=True)
class Context:
    """What every part of a layer's view is made from; *step* is the last one from round to round, if there are any."""

    audit: "Audit"
    comparison: Comparison
    book: ScoreBook
    disputed: Disputed
    flags: tuple[Flag, ...]
    slugs: Slugs
    unit: str
    shown: Mapping[str, str]
    step: LayerChange | None = None

    @cached_property
    def peers(self) -> Peers:
        """Everybody's mean agreement with the others."""
        return with_others(self.audit.annotations, self.comparison, self.audit.settings)

    @cached_property
    def current(self) -> Units | None:
        """The item-level units of the current guideline version: of the last round where there are several."""
        units = self.comparison.units
        parted = units.rounds_now_and_before() if units is not None and self.current_round else None
        return parted[0] if parted else units

    @cached_property
    def mixed(self) -> Mixtures:
        """Which labels occur together on the units of the current guideline version."""
        known = self.disputed.mixed if self.current is self.comparison.units else None
        if known is not None:
            return known
        if self.current is None:
            raise ValueError("this layer has no units of items")
        return mixtures(self.current)

    @property
    def current_round(self) -> str:
        """The last round where there are several, else empty."""
        return str(self.comparison.details.get("current_round", ""))

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.comparison.layer.name

    @property
    def kind(self) -> LayerKind:
        """Kind of the layer."""
        return self.comparison.layer.kind

    def word(self, label: str) -> str:
        """Return *label* as it is shown."""
        return self.shown.get(label, label)

    def pair_link(self, first: str, second: str, **more: str) -> Link:
        """Return a link to the items on which these two labels meet."""
        return self.link(pair="~".join(self.word(label) for label in sorted((first, second))), **more)

    def duo_link(self, one: str, other: str, **more: str) -> Link:
        """Return a link to the items on which these two annotators differ."""
        return self.link(annotator=one, **{"with": other}, **more)

    def link(self, **filters: str) -> Link:
        """Return a link to this layer's items under *filters*."""
        return items_link(self.name if len(self.audit.comparisons) > 1 else "", **filters)


def items_link(layer: str = "", **filters: str) -> Link:
    """Return a link to the items under *filters*, as the query that the page's script understands."""
    given = {"layer": layer, **filters}
    return Link("#items", urlencode({key: value for key, value in given.items() if value}))


def share_of(hits: int, n: int, unit: str, confidence: float) -> Figure:
    """Return a share with its Wilson interval."""
    if n == 0:
        return Figure(None, n=0, unit=unit, share=True, hits=hits, reason=NOTHING_TO_COUNT)
    low, high = wilson(np.array([hits]), np.array([n]), confidence)
    return Figure(hits / n, float(low[0]), float(high[0]), n, unit, share=True, hits=hits, confidence=confidence)


def by_subject(
    flags: Sequence[Flag], *, label: str = "", labels: tuple[str, ...] = (), section: str = ""
) -> tuple[Flag, ...]:
    """Return the causes among *flags* that are about this label, label pair or section."""
    return tuple(
        flag
        for flag in flags
        if flag.verdict in CAUSES
        and (
            (label and flag.subject.label == label)
            or (labels and tuple(sorted(flag.subject.labels)) == tuple(sorted(labels)))
            or (section and flag.subject.section == section)
        )
    )


def readable(flag: Flag, shown: Mapping[str, str]) -> Flag:
    """Return the finding with very long labels cut in its sentences."""
    message, advice = flag.message, flag.advice
    for label, short in shown.items():
        if label != short:
            message, advice = message.replace(label, short), advice.replace(label, short)
    return replace(flag, message=message, advice=advice)
