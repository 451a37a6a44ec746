"""Similarity of two answers by a function of the user's own, or by an embedding model that is loaded when asked for."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement._files import is_file
from agreement.errors import Problem, SettingsError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Similarity = Callable[[list[str], list[str]], Sequence[float]]

EMBEDDING = "embedding"
WHERE = "measures.similarity"


def similarity_of(name: str) -> Similarity:
    """Return the function that *name* stands for: ``embedding``, or ``file.py:function``.

    It takes the references and the answers, two lists of equal length, and gives a number from 0 to 1 for each pair.

    Raises
    ------
    SettingsError
        If there is no such file or function, or the embedding extra is not installed.
    """
    if name == EMBEDDING:
        return cosine
    file, _, function = name.rpartition(":")
    path = Path(file)
    spec = importlib.util.spec_from_file_location(f"agreement_own_{path.stem}", path) if file else None
    if spec is None or spec.loader is None or not is_file(path):
        what = f"{name!r} is neither 'embedding' nor a Python file and a function in it."
        raise SettingsError([Problem(WHERE, what, "Write file.py:function.")])
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - a user's file may raise anything
        what = f"{file} can't be run: {type(error).__name__}: {error}."
        raise SettingsError([Problem(WHERE, what, "Correct the file.")]) from None
    found = getattr(module, function, None)
    if not callable(found):
        raise SettingsError([Problem(WHERE, f"{file} has no function {function!r}.", "Name one that it has.")])
    own: Similarity = found
    return own


def own_similarity(name: str, texts: Sequence[str], reference: Ints, other: Ints) -> Floats:
    """Return (E,) the similarity of texts *other* (E,) to texts *reference* (E,); each different pair is asked once.

    Raises
    ------
    SettingsError
        If the function fails, gives another number of values, or a value outside 0 to 1.
    """
    if not len(reference):
        return np.zeros(0)
    similarity = similarity_of(name)
    pairs, place = np.unique(np.column_stack([reference, other]), axis=0, return_inverse=True)
    first, second = ([texts[at] for at in column] for column in pairs.T.tolist())
    try:
        given = np.asarray(list(similarity(first, second)), dtype=np.float64)
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001 - a user's function may raise anything
        what = f"{name} failed: {type(error).__name__}: {error}."
        raise SettingsError([Problem(WHERE, what, "Correct the function.")]) from None
    if given.shape != (len(pairs),):
        what = f"{name} gave {given.size} values for {len(pairs)} pairs."
        raise SettingsError([Problem(WHERE, what, "Give one number for each pair of reference and answer.")])
    wrong = np.flatnonzero(~((given >= 0) & (given <= 1)))
    if len(wrong):
        at = int(wrong[0])
        what = f"{name} gave {given[at]:g} for {first[at][:40]!r} and {second[at][:40]!r}."
        raise SettingsError([Problem(WHERE, what, "Give numbers from 0 (nothing alike) to 1 (the same).")])
    values: Floats = given[place.ravel()]
    return values


def cosine(references: list[str], answers: list[str]) -> list[float]:
    """Return the cosine of the embeddings of two texts, 0 where it is negative; 1 for equal texts, blank ones too."""
    model = _model()
    texts = [*dict.fromkeys((*references, *answers))]
    code = {text: at for at, text in enumerate(texts)}
    with np.errstate(divide="ignore", invalid="ignore"):  # a blank text has no direction
        vectors = np.asarray(model.embed(texts, norm=True), dtype=np.float64)
    first, second = ([code[text] for text in side] for side in (references, answers))
    values = np.nan_to_num((vectors[first] * vectors[second]).sum(axis=1))
    same = np.array([one == two for one, two in zip(references, answers, strict=True)])
    return [float(value) for value in np.where(same, 1.0, np.clip(values, 0.0, 1.0))]


@cache
def _model() -> Any:  # noqa: ANN401 - a class of an optional package
    """Return the embedding model, whose weights come with its package: nothing is downloaded."""
    try:
        package = importlib.import_module("wordllama")
    except ImportError:
        remedy = "Install it: pip install 'agreement-audit[embedding]'."
        raise SettingsError([Problem(WHERE, "the embedding model is not installed.", remedy)]) from None
    return package.WordLlama.load(cache_dir=Path(package.__file__ or "").parent, disable_download=True)
