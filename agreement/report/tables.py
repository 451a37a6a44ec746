"""The same numbers as JSON (schema ``agreement-audit/1``) and as CSV; see docs/outputs.md for every key."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agreement import _files
from agreement.checks.release import verdict
from agreement.comparison.unlisted import unlisted_pairs
from agreement.records import content_hash
from agreement.report._disputes import each_dispute
from agreement.report._frames import frames, safe, whole_counts
from agreement.report._layers import layer_to_dict
from agreement.report._listed import left_out_of, listed_scores
from agreement.report._plain import dumped, each_record, listed, pieces, plain
from agreement.report._profiles import profiles
from agreement.report._slugs import slug
from agreement.settings import package_version
from agreement.totals import answered_by
from agreement.wording.page import UNTITLED

if TYPE_CHECKING:
    from agreement.pipeline import Audit

SCHEMA = "agreement-audit/1"
CHECKS_SCHEMA = "agreement-checks/1"


def audit_to_dict(audit: "Audit", *, counts_only: bool = False) -> dict[str, Any]:
    """Return the audit as JSON-able values, schema ``agreement-audit/1``.

    With *counts_only* the labels of single items are left out: no ``items``, no examples of flags, and ``profiles``
    holds pair tables.
    """
    return {key: listed(value) for key, value in _document(audit, counts_only=counts_only).items()}


def _document(audit: "Audit", *, counts_only: bool) -> dict[str, Any]:
    """Return what :func:`audit_to_dict` does; what is as long as the input is made while it is written."""
    return {
        "schema": SCHEMA,
        "signature": audit.settings.signature(),
        "version": package_version(),
        "source_sha256": source_sha256(audit),
        "report_id": report_id(audit),
        "title": title(audit),
        "verdict": _verdict(audit),
        "reading": _reading(audit),
        "layers": [layer_to_dict(comparison) for comparison in audit.comparisons],
        "annotators": _annotators(audit),
        "scores": (
            row | {"undefined": row["undefined"] or None, "no_interval": row["no_interval"] or None}
            for comparison in audit.comparisons
            for row in each_record(listed_scores(comparison, audit.settings))
        ),
        "flags": [flag | {"examples": []} for flag in flags(audit)] if counts_only else flags(audit),
        "checks": [plain(check) for check in audit.checks],
        "budget": plain(audit.diagnosis.budget),
        "models": plain(audit.models.to_dict()),
        "slices": plain(audit.slices.to_dict()),
        "structures": plain(audit.structures.to_dict()),
        "rankings": plain(audit.rankings.to_dict()),
        "items": [] if counts_only else (dispute.to_dict() for dispute in each_dispute(audit)),
        "profiles": profiles(audit, counts_only=counts_only),
    }


def write_json(audit: "Audit", path: Path, *, counts_only: bool = False) -> Path:
    """Write the audit as JSON to *path* and return the path."""
    with _files.replacing(path) as out:
        out.writelines(pieces(_document(audit, counts_only=counts_only)))
    return path


def write_csv(audit: "Audit", folder: Path, *, all_pairs: bool = False, inputs: Iterable[Path] = ()) -> Path:
    r"""Write the audit as CSV files into *folder*, made if missing, and return the folder.

    UTF-8 without a byte order mark, a header, ``\n`` at line ends, numbers in full; text that a spreadsheet would
    run gets an apostrophe in front. *inputs* are never overwritten.
    """
    folder = _files.made_folder(folder)
    for name, frame in frames(audit, all_pairs=all_pairs).items():
        path = _files.checked(folder / f"{name}.csv", [given for given in inputs if not Path(given).is_dir()])
        with _files.replacing(path) as out:
            out.write(safe(frame).to_csv(index=False, lineterminator="\n").encode())
            if name == "scores" and all_pairs:  # of a crowd there may be millions: never all at once
                for comparison in audit.comparisons:
                    for rest in unlisted_pairs(comparison, audit.settings):
                        rows = safe(whole_counts(rest))
                        out.write(rows.to_csv(index=False, header=False, lineterminator="\n").encode())
    return folder


def checks_json(audit: "Audit") -> str:
    """Return verdict and release checks alone as JSON, schema ``agreement-checks/1``."""
    return dumped(
        {
            "schema": CHECKS_SCHEMA,
            "signature": audit.settings.signature(),
            "source_sha256": source_sha256(audit),
            "report_id": report_id(audit),
            "verdict": _verdict(audit),
            "checks": [plain(check) for check in audit.checks],
        }
    ).decode()


def source_sha256(audit: "Audit") -> str:
    """Return the hash of the annotations audited, as they were before names were replaced."""
    return audit.annotations.reading.source_sha256 or content_hash(audit.annotations)


def title(audit: "Audit") -> str:
    """Return the title of the report: the one asked for, else the page's."""
    return audit.settings.report.title or UNTITLED


def report_id(audit: "Audit") -> str:
    """Return the id of the page: two audits share it only if they have one title, input and choice of settings."""
    both = f"{source_sha256(audit)}|{audit.settings.signature()}"
    return f"{slug(title(audit)) or 'report'}-{hashlib.sha256(both.encode()).hexdigest()[:8]}"


def flags(audit: "Audit") -> list[dict[str, Any]]:
    """Return all flags as JSON-able values, without texts where texts are left out."""
    found = []
    for flag in audit.diagnosis.flags:
        values = plain(flag.to_dict())
        if not audit.settings.report.text:
            for example in values["examples"]:
                example["text"] = ""
        found.append(values)
    return found


def _verdict(audit: "Audit") -> dict[str, str]:
    """Return what all checks say together."""
    outcome = verdict(audit.checks)
    return {"result": outcome.result, "headline": outcome.headline, "answer": outcome.answer}


def _reading(audit: "Audit") -> dict[str, Any]:
    """Return the account of how the input was read, and of what the outputs leave out."""
    reading = plain(audit.annotations.reading)
    del reading["source_sha256"]  # at the top of the document
    reading["left_out"] = {
        comparison.layer.name: plain(left_out)
        for comparison in audit.comparisons
        if (left_out := left_out_of(comparison, audit.settings, audit.annotations))
    }
    return dict(reading)


def _annotators(audit: "Audit") -> list[dict[str, Any]]:
    """Return the annotators with how many items each answered."""
    n = answered_by(audit.annotations)
    return [
        {"name": str(name), "kind": row["kind"], "group": row["group"], "n": n.get(str(name), 0)}
        for name, row in zip(
            audit.annotations.annotators.index, audit.annotations.annotators.to_dict("records"), strict=True
        )
    ]
