"""Options that can do nothing with the files or labels at hand: refused where they name something, else told."""

from collections.abc import Iterator, Sequence

from agreement.annotations import Annotations
from agreement.errors import InputError, Problem
from agreement.loaders._base import Loader, Source
from agreement.loaders._workbooks import is_workbook
from agreement.settings import OPTIONS, Reading, Settings
from agreement.wording import unused as said

FLAGS = {key.removeprefix("columns."): f"--{name}" for name, key in OPTIONS.items() if key.startswith("columns.")}
EVERYWHERE = frozenset({"gold", "section", "document"})  # gold is matched with whatever was read
HEADED = frozenset({"sheets", "header"})
SETS = ("category", "ordinal", "labels", "spans")
# settings with a default that changes nothing elsewhere: key, and the kinds of layers that it is for
OF_KINDS = (
    ("reading", "trim_spans", ("spans",)),
    ("reading", "tokenizer", ("spans",)),
    ("measures", "iou", ("spans",)),
    ("measures", "beta", ("category", "ordinal", "labels")),
    ("measures", "similarity", ("answer",)),
    ("labels", "declared", SETS),
    ("labels", "order", ("ordinal",)),
)
OF_LAYER = (
    ("labels", SETS),
    ("order", ("ordinal",)),
    ("weights", ("category", "ordinal")),
    ("separator", ("category",)),
    ("normalisation", ("answer",)),
)


def refuse_unused(files: Sequence[Source], loader: Loader, settings: Settings) -> None:
    """Refuse options that name a place which *files* of this format don't have: the numbers would not be those meant.

    Raises
    ------
    InputError
        Naming each such option.
    """
    problems = _of_no_list(settings)
    books = any(map(is_workbook, files))
    for key in sorted(settings.columns.model_dump(exclude_defaults=True)):
        flag = FLAGS.get(key, f"columns.{key}")
        if loader.takes is not None and key not in EVERYWHERE | loader.takes:
            what = f"means nothing for {loader.title}, which says by itself where its labels are."
            problems.append(Problem(flag, what, "Leave it out, or choose another format with --read-as."))
        elif key in HEADED and not (books or (key == "header" and loader.takes is None and any(map(_is_plain, files)))):
            found = ", ".join(file.name for file in files[:3]) + (" …" if len(files) > 3 else "")
            lacks = "sheets" if key == "sheets" else "row of a header"
            problems.append(Problem(flag, f"{found} has no {lacks}.", "Leave it out, or name a workbook."))
    if problems:
        raise InputError(problems)


def refuse_of_frame(settings: Settings) -> None:
    """Refuse sheets and the row of a header for a frame, which has neither, and options about a list nobody named.

    Raises
    ------
    InputError
        Naming each such option.
    """
    asked = sorted(HEADED & settings.columns.model_dump(exclude_defaults=True).keys())
    problems = [Problem(FLAGS[key], said.OF_FRAME, "Leave it out.") for key in asked] + _of_no_list(settings)
    if problems:
        raise InputError(problems)


def _of_no_list(settings: Settings) -> list[Problem]:
    """Return a problem for each setting about a ranked list, where none is named."""
    given = settings.ranking.model_dump(exclude_defaults=True).keys() if settings.ranking.source is None else ()
    return [Problem(f"--{key}", said.NO_LIST, said.NAME_THE_LIST) for key in sorted(given)]


def note_unused(
    annotations: Annotations, settings: Settings, files: Sequence[Source] = (), loader: Loader | None = None
) -> None:
    """Tell in the account of every setting that changes nothing here, though it is not wrong."""
    warnings = annotations.reading.warnings
    kinds = {name: layer.kind for name, layer in annotations.layers.items()}
    warnings += _of_reading(settings.reading, files, loader)
    for section, key, meant in OF_KINDS:
        part = getattr(settings, section)
        if getattr(part, key) != type(part).model_fields[key].get_default() and not set(kinds.values()) & set(meant):
            warnings.append(said.for_kinds(f"{section}.{key}", meant, sorted(set(kinds.values()))))
    for name in sorted(settings.layers.keys() & kinds.keys()):
        given = settings.layers[name].model_dump(exclude_defaults=True)
        warnings += [
            said.for_kinds(f"[layers.{name}] {key}", meant, [kinds[name]])
            for key, meant in OF_LAYER
            if key in given and kinds[name] not in meant
        ]
    if strange := sorted(settings.layers.keys() - kinds.keys()):
        warnings.append(said.no_layer(strange, sorted(kinds)))


def refuse_missing_places(annotations: Annotations, loader: Loader, settings: Settings) -> None:
    """Refuse names of sections, documents, rounds, times, layers or people that a platform's export lacks.

    Raises
    ------
    InputError
        Naming each option, with the names that there are.
    """
    if loader.takes is None:
        return
    names = [str(name) for name in annotations.items if name not in ("text", "section", "cluster")]
    known = f"There are: {', '.join(map(repr, names[:20]))}." if names else said.NOTHING_TO_NAME
    given, asked = settings.columns, annotations.assignments
    places = {
        "section": annotations.items["section"], "document": annotations.items["cluster"],
        "round": asked["round"], "time": asked["time"],
    }  # fmt: skip
    problems = [
        Problem(FLAGS[key], f"no item has {name!r}.", known)
        for key, values in places.items()
        if (name := getattr(given, key)) and values.eq("").all()
    ]
    if given.layer and set(annotations.layers) == {"spans"}:
        problems.append(Problem("--layer", f"no item has {given.layer!r}.", known))
    people = f"There are: {', '.join(map(repr, annotations.annotators.index[:20]))}."
    strangers = [name for name in given.annotators if name not in annotations.annotators.index]
    problems += [Problem("--annotators", f"nobody is called {name!r}.", people) for name in strangers]
    if problems:
        raise InputError(problems)


def _of_reading(given: Reading, files: Sequence[Source], loader: Loader | None) -> Iterator[str]:
    """Yield what is said of settings of the reading that this format has no use for."""
    takes = frozenset() if loader is None or loader.takes is None else loader.takes
    if given.hidden and not any(map(is_workbook, files)):
        yield said.HIDDEN
    if given.encoding and not any(map(_is_plain, files)):
        yield said.ENCODING
    if given.predictions and "predictions" not in takes:
        yield said.PREDICTIONS
    if given.invalid_tags != "repair" and "invalid_tags" not in takes:
        yield said.INVALID_TAGS
    if given.unmarked != "missing" and "unmarked" not in takes:
        yield said.UNMARKED


def _is_plain(file: Source) -> bool:
    """Return whether *file* is text, but no JSON."""
    return not is_workbook(file) and file.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[")
