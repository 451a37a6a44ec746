"""Token and character level of spans: F1 without what nobody marked, and kappa of tokens three ways."""

from agreement.measures.cohen_kappa import SUMS, cohen_kappa
from agreement.measures.span_f1 import HEADS, span_f1
from agreement.scores import Measure
from agreement.wording.definitions import called

HRIPCSAK = "Hripcsak & Rothschild 2005, Journal of the American Medical Informatics Association 12(3), pp. 296-298"
COHEN = "Cohen 1960, Educational and Psychological Measurement 20(1), pp. 37-46"

MEASURE = (
    *(
        Measure(
            *called(f"{level}_{kind}"),
            takes="matches",
            compute=compute,
            range=(0.0, 1.0),
            symmetric=kind == "f1",
            citation=HRIPCSAK,
        )
        for level in ("token", "character")
        for kind, compute in HEADS
    ),
    Measure(
        *called("token_f1_macro"),
        takes="matches",
        compute=span_f1,
        range=(0.0, 1.0),
        symmetric=True,
        citation=HRIPCSAK,
    ),
    *(
        Measure(
            *called(f"token_{stem}{suffix}"),
            takes="matches",
            compute=cohen_kappa,
            range=(-1.0, 1.0),
            symmetric=True,
            citation=COHEN,
            sums=SUMS,
        )
        for stem in ("cohen_kappa", "kappa_mean")
        for suffix in ("", ".presence", ".type")
    ),
)
