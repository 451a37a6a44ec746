"""The pipe has one direction: imports point backwards only, and each kind of knowledge has one home."""

import ast
from pathlib import Path

import agreement

PACKAGE = Path(agreement.__file__).parent

# Every module may import from its own stage and from earlier ones, never from a later one.
STAGES = (
    # foundations: know nothing of labels
    ("errors", "_resources", "_discover", "_arrays", "_times", "assignment", "sample_size", "distributions", "wording"),
    ("phrases",),
    ("_files", "settings", "guidelines"),
    # load: files to Annotations
    ("annotations",),
    ("repeats",),
    ("records",),
    ("anonymise", "loaders", "detect"),
    # unitize and match: Annotations to units, spans, tokens, answers
    ("units", "meetings", "overlap"),
    ("spans", "tokens", "answers", "similarity"),
    ("matching", "span_errors", "span_consensus"),
    # count
    ("counts", "crowds", "token_units", "distances"),
    # measure
    ("scores",),
    ("measures",),
    ("hierarchy",),
    ("intervals",),
    ("analytic", "influence", "pooling", "ratios"),
    ("pooled_kappas", "disputes", "counted"),
    ("comparison",),
    # what is built on counts beside the comparison: consensus, models, gold, rounds, planning, decisions
    ("consensus", "alternative", "licence", "panels", "runs", "scored"),
    ("control_charts", "snapshots", "peers"),
    ("profiles",),
    ("changes", "round_split", "round_values", "gold_posterior", "gold_suspects", "gold_spans", "gold_size"),
    ("rounds", "trends", "gold", "planning", "slices"),
    ("decisions", "decision_files"),
    ("adjudication",),
    # diagnose
    ("flags", "criteria"),
    ("evidence", "merging", "models"),
    ("contrasts", "case"),
    ("rules",),
    ("diagnosis",),
    ("checks", "part_checks"),
    # models, slices and other questions asked of an audit
    ("relevance", "relations", "coreference"),
    # the pipe, and what shows its outcome
    ("pipeline",),
    # the same counts from an engine that holds the labels
    ("warehouse",),
    ("report",),
    ("cli",),
)
STAGE_OF = {module: number for number, stage in enumerate(STAGES) for module in stage}


def imports(path: Path) -> set[str]:
    """Return the modules of this package that *path* imports when it is loaded or run, type-only imports left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typed = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typed:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("agreement"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("agreement.")}
    return found


def test_every_module_has_a_stage():
    modules = {
        path.stem if path.parent == PACKAGE else path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py")
    }
    assert modules - set(STAGE_OF) - {"__init__"} == set()


def test_imports_point_backwards_only():
    forward = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if (home := path.stem if path.parent == PACKAGE else path.relative_to(PACKAGE).parts[0]) in STAGE_OF
        for name in sorted(imports(path))
        if name in STAGE_OF and STAGE_OF[name] > STAGE_OF[home]
    ]
    # Audit is asked for its page, tables and summary; its methods import the writers when called.
    allowed = {"pipeline.py imports report"}
    assert set(forward) - allowed == set()


def test_only_report_knows_html_and_excel_output():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name not in ("report", "loaders"):
            text = path.read_text(encoding="utf-8")
            assert "import jinja2" not in text, path
            assert "import openpyxl" not in text, path


def test_a_module_has_about_300_lines():
    long = {
        str(path.relative_to(PACKAGE)): length
        for path in PACKAGE.rglob("*.py")
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert long == {}
