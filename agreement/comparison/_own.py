"""Measures of the user's own: from Python files named in the settings, and from weights of one layer."""

import importlib.util
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement._files import is_file
from agreement.annotations import Layer
from agreement.errors import Problem, SettingsError
from agreement.measures import measures
from agreement.measures._chance import unit_sums
from agreement.measures.cohen_kappa import weighted_kappa, weighted_without
from agreement.measures.fleiss_kappa import chance as fleiss_chance
from agreement.measures.gwet_ac1 import ac2_without, gwet_ac2
from agreement.measures.gwet_ac1 import chance as gwet_chance
from agreement.measures.krippendorff_alpha import alpha_sums
from agreement.scores import Measure
from agreement.settings import Settings
from agreement.wording.definitions import called


def own_measures(layer: Layer, settings: Settings) -> tuple[Measure, ...]:
    """Return the measures of the settings' files, and those with the weights of this layer.

    Raises
    ------
    SettingsError
        If a file can't be read, does not declare ``MEASURE``, or takes the name of a measure that exists; if weights do
        not fit the labels.
    """
    return (*_from_files(settings.measures.files), *_from_weights(layer, settings))


def _from_files(files: tuple[str, ...]) -> list[Measure]:
    """Return the measures that the *files* declare."""
    problems: list[Problem] = []
    found: dict[str, Measure] = {}
    for file in files:
        for measure in _declared(file, problems):
            if measure.name in measures() or measure.name in found:
                problems.append(Problem(file, f"declares {measure.name!r}, which exists.", "Choose another name."))
            found[measure.name] = measure
    if problems:
        raise SettingsError(problems)
    return list(found.values())


def _declared(file: str, problems: list[Problem]) -> tuple[Measure, ...]:
    """Return what one file declares; what is wrong with it is added to *problems*."""
    path = Path(file)
    spec = importlib.util.spec_from_file_location(f"agreement_own_{path.stem}", path)
    if spec is None or spec.loader is None or not is_file(path):
        problems.append(Problem(file, "is no Python file that can be read.", "Correct [measures] files."))
        return ()
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - a user's file may raise anything
        problems.append(Problem(file, f"can't be run: {type(error).__name__}: {error}.", "Correct the file."))
        return ()
    declared = getattr(module, "MEASURE", ())
    declared = declared if isinstance(declared, tuple) else (declared,)
    if not declared or not all(isinstance(measure, Measure) for measure in declared):
        problems.append(Problem(file, "declares no MEASURE.", "Set MEASURE = agreement.scores.Measure(...)."))
        return ()
    return declared


def _from_weights(layer: Layer, settings: Settings) -> list[Measure]:
    """Return the weighted coefficients with the agreement weights that the settings give for the *layer*."""
    chosen = settings.layers.get(layer.name)
    if chosen is None or not chosen.weights:
        return []
    k = len(layer.labels)
    where = f"layers.{layer.name}.weights"
    if len(chosen.weights) != k or any(len(row) != k for row in chosen.weights):
        raise SettingsError([Problem(where, f"is not {k} x {k}, a row for each label in order.", "Correct the table.")])
    weight = np.array(chosen.weights, dtype=np.float64)
    if not (np.allclose(weight, weight.T) and np.allclose(np.diagonal(weight), 1) and (weight >= 0).all()):
        what = "must be symmetric, 1 on the diagonal and nowhere below 0."
        raise SettingsError([Problem(where, what, "Correct the table.")])
    alpha = alpha_sums(partial(_fixed, 1 - weight))
    common: dict[str, Any] = {"range": (-1.0, 1.0), "symmetric": True}
    return [
        Measure(
            *called("cohen_kappa.custom"), takes="contingency",
            compute=partial(weighted_kappa, weight=weight), without=partial(weighted_without, weight=weight),
            citation="Cohen 1968, Psychological Bulletin 70(4), pp. 213-220", **common,
        ),
        Measure(
            *called("gwet_ac2.custom"), takes="contingency",
            compute=partial(gwet_ac2, weight=weight), without=partial(ac2_without, weight=weight),
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            pooled=unit_sums(partial(gwet_chance, weight=weight), partial(_fixed, weight)), **common,
        ),
        Measure(
            *called("fleiss_kappa.custom"), takes="item_counts",
            compute=unit_sums(partial(fleiss_chance, weight=weight), partial(_fixed, weight)).score,
            citation="Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 3",
            pooled=unit_sums(partial(fleiss_chance, weight=weight), partial(_fixed, weight)), **common,
        ),
        Measure(
            *called("krippendorff_alpha.custom"), takes="item_counts",
            compute=alpha.score,
            citation="Krippendorff 2004, Content Analysis, 2nd ed., ch. 11", pooled=alpha, **common,
        ),
    ]  # fmt: skip


def _fixed(matrix: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the *matrix*, whatever K is."""
    del k
    return matrix
