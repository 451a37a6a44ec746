"""What a comparison leaves out, in words: pairs and labels that are too many or share too little."""

ITEMS_AS_INDEPENDENT = "pairs whose intervals count items as independent, not documents"
NOTHING_SHARED = "pairs without a shared item"
MAIN_MEASURES_ONLY = "pairs listed with the main measures only"
NOT_BY_LABEL = "pairs not listed by label"
FEW_MEASURES_BY_LABEL = "pairs listed by label with F1, precision and recall only"
MEAN_OF_PEOPLE_AND_MODELS = "mean over the listed pairs of people and models (pairs)"
TOO_MANY_SETS = "kappa and confusion of whole sets: too many different sets (sets)"


def rows_by_label(least: int) -> str:
    """Return what rows by label are not made."""
    return f"rows by label of pairs with fewer than {least} shared items (pairs)"


def beyond_most(most: int) -> str:
    """Return which pairs are beyond the most that are listed."""
    return f"pairs beyond the {most:,} that share the most items"


def fewer_shared(least: int) -> str:
    """Return which pairs share too few items to be listed."""
    return f"pairs with fewer than {least} shared items"


def no_pair_shares(least: int) -> str:
    """Return why a mean is over all pairs, or over none."""
    return f"no pair shares {least} items"
