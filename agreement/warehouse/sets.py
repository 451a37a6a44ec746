"""Several labels an item: the labels that an annotator gave an item become one set, and sets are what is compared."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agreement.errors import InputError, Problem
from agreement.warehouse.traffic import Traffic, known

if TYPE_CHECKING:
    import ibis.expr.types as ir

EMPTY = "{nothing}\x1a"  # stands for the label of an annotator who looked and gave none
NOTHING = 63  # its code, which adds no label to a set
MOST_SIMPLE = 62  # labels that a set of 64 bits can hold, sign and a spare one left out
MOST_SETS = 20_000


def as_sets(
    coded: "ir.Table", simple: tuple[str, ...], traffic: Traffic, where: str
) -> "tuple[ir.Table, tuple[str, ...], NDArray[np.bool_]]":
    """Return a row per item, round and annotator with the code of the set in ``what``; names and members of the sets.

    *coded* has a row per label; ``extra`` becomes the labels that an annotator gave an item more than once.

    Raises
    ------
    InputError
        If there are more labels, or more different sets, than can be compared.
    """
    import ibis  # noqa: PLC0415 - the warehouse extra

    if len(simple) > MOST_SIMPLE:
        what = f"the label column holds {len(simple):,} labels; sets of up to {MOST_SIMPLE} are compared."
        raise InputError([Problem(where, what, "Declare the layer a category, or group the labels in a view.")])
    about = ("item", "round", "section", "document", "who")
    once = coded.group_by(*about, "what").agg(times=coded.count())
    bit = ibis.ifelse(once.what == NOTHING, 0, ibis.literal(1).cast("int64") << once.what)
    marked = once.mutate(bit=bit.cast("int64"))
    sets = marked.group_by(*about).agg(bits=marked.bit.sum().cast("int64"), extra=marked.times.sum() - marked.count())
    found = traffic.fetch(sets.group_by("bits").agg(n=sets.count()).limit(MOST_SETS + 1))
    if len(found) > MOST_SETS:
        what = f"annotators gave more than {MOST_SETS:,} different sets of labels."
        raise InputError([Problem(where, what, "Declare the layer a category, or group the labels in a view.")])
    bits = np.sort(found["bits"].to_numpy(dtype=np.int64))
    members = (bits[:, None] >> np.arange(len(simple))) & 1 == 1
    order = np.lexsort(members.T[::-1])  # as in memory: a label that comes first tells most
    bits, members = bits[order], members[order]
    names = tuple("{" + ", ".join(np.array(simple, dtype=object)[row]) + "}" for row in members)
    codes = ibis.memtable(pd.DataFrame({"bits": bits, "what": np.arange(len(bits))}))
    known(coded, codes)
    return sets.join(codes, "bits").select(*about, "what", "extra"), names, members
