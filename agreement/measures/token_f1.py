"""Token and character level of spans: F1 without what nobody marked, and kappa of tokens three ways."""

from functools import partial

from agreement.measures.cohen_kappa import SUMS, cohen_kappa
from agreement.measures.span_f1 import span_f1, span_share
from agreement.scores import Measure

HRIPCSAK = "Hripcsak & Rothschild 2005, Journal of the American Medical Informatics Association 12(3), p. 297"
COHEN = "Cohen 1960, Educational and Psychological Measurement 20(1), p. 40"

MEASURE = (
    *(
        Measure(
            name=f"{level}_{kind}",
            title=f"{level.capitalize()} {title}",
            summary=f"{summary.format(level=level)} A {level} in spans of several labels counts once for each.",
            takes="matches",
            compute=compute,
            range=(0.0, 1.0),
            symmetric=kind == "f1",
            citation=HRIPCSAK,
        )
        for level in ("token", "character")
        for kind, title, summary, compute in (
            ("f1", "F1", "Of the {level}s that either put in a span, how far both gave them the same label.", span_f1),
            (
                "precision",
                "precision",
                "Share of the other's {level}s that the reference shares.",
                partial(span_share, of=2),
            ),
            ("recall", "recall", "Share of the reference's {level}s that the other finds.", partial(span_share, of=1)),
        )
    ),
    Measure(
        name="token_f1_macro",
        title="Macro token F1",
        summary="The mean of the token F1 of the labels that either annotator used.",
        takes="matches",
        compute=span_f1,
        range=(0.0, 1.0),
        symmetric=True,
        citation=HRIPCSAK,
    ),
    *(
        Measure(
            name=f"token_{stem}{suffix}",
            title=f"{title}, {what}",
            summary=f"Agreement beyond chance {about}{mean}.",
            takes="matches",
            compute=cohen_kappa,
            range=(-1.0, 1.0),
            symmetric=True,
            citation=COHEN,
            sums=SUMS,
        )
        for stem, title, mean in (
            ("cohen_kappa", "Token κ", ""),
            ("kappa_mean", "Mean token κ", ", mean of the pairs weighted by their tokens"),
        )
        for suffix, what, about in (
            ("", "all tokens", "on what every token is, O (in no span) being one of the labels"),
            (".presence", "marked or not", "on which tokens are in a span at all"),
            (".type", "where both marked", "on the label of the tokens that both put in a span"),
        )
    ),
)
