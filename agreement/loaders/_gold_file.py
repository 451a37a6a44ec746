"""Gold labels that come in a file of their own."""

from dataclasses import replace

import pandas as pd

from agreement.errors import InputError, Problem
from agreement.records import Records, with_all_columns

GOLD = "gold"


def with_gold(records: Records, gold: Records, file: str) -> Records:
    """Return *records* with the labels of *gold*, read from *file*, as those of one gold annotator.

    Raises
    ------
    InputError
        If the file holds several annotators, or layers that the labels don't have.
    """
    rows = with_all_columns(gold.rows)
    main = with_all_columns(records.rows)
    names, layers = (sorted(set(rows[column].astype(str))) for column in ("annotator", "layer"))
    known = sorted(set(main["layer"].astype(str)))
    if len(names) > 1:
        raise InputError([Problem(file, f"holds {len(names)} annotators; gold is one.", "Name the gold one alone.")])
    if len(layers) == len(known) == 1:
        rows["layer"] = known[0]
    elif set(layers) - set(known):
        unknown = ", ".join(sorted(set(layers) - set(known)))
        raise InputError(
            [Problem(file, f"has the layers {unknown}; the labels have {', '.join(known)}.", "Rename them.")]
        )
    reading = records.reading
    reading.rows_read += gold.reading.rows_read
    for reason, count in gold.reading.set_aside.items():
        reading.aside(reason, count)
    for what, count in gold.reading.repairs.items():
        reading.repaired(what, count)
    reading.warnings += gold.reading.warnings
    reading.files.append(file)
    reading.columns["gold"] = file
    reading.gold_candidates = [*reading.gold_candidates, GOLD]
    both = pd.concat([main.astype(object), rows.assign(annotator=GOLD).astype(object)], ignore_index=True)
    items = pd.concat([records.items, gold.items])
    both[["start", "end", "row", "take"]] = both[["start", "end", "row", "take"]].astype("int64")
    return replace(
        records, rows=both, kinds={**records.kinds, GOLD: "gold"}, items=items.loc[~items.index.duplicated()]
    )
