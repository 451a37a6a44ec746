"""Repeats: one annotator labelled one item more than once; which answer counts, and what shows their consistency."""

import pandas as pd

from agreement._times import instants
from agreement.annotations import Reading
from agreement.errors import Problem
from agreement.settings import Settings
from agreement.wording import reading as said

KEY = ["item", "round", "annotator", "layer"]
REPEATS = [*KEY, "take", "label", "time", "used"]


def resolve_repeats(
    rows: pd.DataFrame, reading: Reading, settings: Settings, *, latest: bool
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return the rows used, the repeats as test-retest evidence, and a problem for each unsettled conflict."""
    group = rows.groupby(KEY, observed=True, sort=False)["take"]
    repeated = rows.loc[group.transform("min").ne(group.transform("max"))]
    if repeated.empty:
        return rows, pd.DataFrame(columns=REPEATS), []
    content = repeated.assign(
        content=repeated["label"].astype("str")
        + "\x1f" + repeated["start"].astype("str") + "\x1f" + repeated["end"].astype("str")
        + "\x1f" + repeated["fragments"].astype("str") + "\x1f" + repeated["status"].astype("str")
    )  # fmt: skip
    takes = (
        content.sort_values([*KEY, "take", "content"], kind="stable")
        .groupby([*KEY, "take"], observed=True, sort=False)
        .agg(
            content=("content", "\x1e".join), time=("time", "max"), position=("row", "min"), source=("source", "first")
        )
        .reset_index()
    )
    conflict = takes.groupby(KEY, observed=True)["content"].transform("nunique") > 1
    policy = settings.reading.duplicates or ("latest" if latest else "refuse")
    problems = _conflict_problems(takes.loc[conflict]) if policy == "refuse" else []
    takes["when"] = instants(takes["time"].astype("str").tolist())
    if policy == "latest" and takes.loc[conflict, "when"].isna().any():
        problems.append(
            Problem(
                "--duplicates latest",
                "some repeated annotations have no time that can be read for certain (3/4/2024 may be March or April).",
                "Name the column with --time, write times as 2024-03-04, or choose --duplicates first or drop.",
            )
        )
    # Exports need not list submissions in the order in which they came; where every time is known, it decides.
    timed = policy == "latest" or not takes["when"].isna().any()
    ordered = takes.sort_values([*(["when"] if timed else []), "position", "take"], kind="stable")
    chosen = ordered.drop_duplicates(KEY, keep="last" if policy == "latest" else "first")[[*KEY, "take"]]
    if policy == "drop":
        chosen = chosen.loc[~conflict.reindex(chosen.index)]
    marked = rows.merge(chosen.assign(used=True), on=[*KEY, "take"], how="left")["used"].notna().to_numpy()
    is_repeated = rows.index.isin(repeated.index)
    unused = is_repeated & ~marked
    conflicting = rows.merge(takes.loc[conflict, [*KEY, "take"]].assign(conflict=True), on=[*KEY, "take"], how="left")
    in_conflict = conflicting["conflict"].notna().to_numpy()
    reading.aside(said.REPEAT_IDENTICAL, int((unused & ~in_conflict).sum()))
    reading.aside(said.repeat_different(policy), int((unused & in_conflict).sum()))
    repeats = repeated.assign(used=marked[is_repeated])[REPEATS].reset_index(drop=True)
    return rows.loc[~unused].reset_index(drop=True), repeats, problems


def _conflict_problems(conflicts: pd.DataFrame) -> list[Problem]:
    """Return one problem per item that one annotator labelled twice and differently."""
    problems = []
    for (item, round_, annotator, _), found in conflicts.groupby(KEY, observed=True, sort=True):
        labels = [
            " + ".join(part.split("\x1f")[0] or part.split("\x1f")[-1] for part in c.split("\x1e"))
            for c in found["content"]
        ]
        places = ", ".join(f"{s}!{p}" if p else str(s) for s, p in zip(found["source"], found["position"], strict=True))
        when = f" in round {round_}" if str(round_) else ""
        problems.append(
            Problem(
                places,
                f"{annotator} labelled item {item}{when} {len(found)} times and differently: {' / '.join(labels)}.",
                "Correct the rows, or pass --duplicates latest, first or drop.",
            )
        )
    return problems
