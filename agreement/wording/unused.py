"""What is said of options and settings that can do nothing with the labels at hand."""

from collections.abc import Sequence

HIDDEN = "reading.hidden (--hidden) changes nothing: no workbook was read."
PREDICTIONS = "reading.predictions (--predictions) changes nothing: no predictions are read from this format."
ENCODING = "reading.encoding (--encoding) changes nothing: no file was read that leaves it open."
INVALID_TAGS = "reading.invalid_tags changes nothing: no columns of IOB tags were read."
NO_LIST = "is about a ranked list, and none is named."
NAME_THE_LIST = "Name it with --ranking, or leave the option out."
OF_FRAME = "means nothing for a frame or a table of a database: their columns have names."
NOTHING_TO_NAME = "Records of this export hold nothing that could be named."
UNMARKED = "reading.unmarked changes nothing: it is for tables and records of spans and for doccano."


def for_kinds(key: str, kinds: Sequence[str], there: Sequence[str]) -> str:
    """Return that a setting is for layers of other *kinds* than are *there*.

    Examples
    --------
    >>> for_kinds("measures.iou", ["spans"], ["category"])
    'measures.iou changes nothing: it is for layers of kind spans, and here is category.'
    >>> for_kinds("[layers.tone] labels", ["category", "ordinal", "spans"], ["answer"])
    '[layers.tone] labels changes nothing: it is for layers of kind category, ordinal or spans, and here is answer.'
    """
    *first, last = kinds
    meant = f"{', '.join(first)} or {last}" if first else last
    return f"{key} changes nothing: it is for layers of kind {meant}, and here is {', '.join(there) or 'none'}."


def not_found(key: str, labels: Sequence[str]) -> str:
    """Return that a setting names labels that nobody gave.

    Examples
    --------
    >>> not_found("labels.aliases", ["Complant"])
    "labels.aliases names 'Complant': no label is written so, so it changes nothing."
    """
    return f"{key} names {', '.join(map(repr, labels))}: no label is written so, so it changes nothing."


def no_status(names: Sequence[str], there: Sequence[str]) -> str:
    """Return that a setting reads statuses in its own way that nothing has.

    Examples
    --------
    >>> no_status(["reject"], ["done", "rejected"])
    "reading.status (--status) names 'reject', which nothing has: the statuses are 'done', 'rejected'."
    >>> no_status(["reject"], [])
    "reading.status (--status) names 'reject', which nothing has: there are no statuses."
    """
    known = f"the statuses are {', '.join(map(repr, there[:10]))}" if there else "there are no statuses"
    return f"reading.status (--status) names {', '.join(map(repr, names))}, which nothing has: {known}."


def no_layer(names: Sequence[str], there: Sequence[str]) -> str:
    """Return that tables of settings are about layers that are not there.

    Examples
    --------
    >>> no_layer(["tone"], ["label"])
    "[layers.tone] changes nothing: there is no such layer, only 'label'."
    """
    tables = ", ".join(f"[layers.{name}]" for name in names)
    return f"{tables} changes nothing: there is no such layer, only {', '.join(map(repr, there))}."
