"""The pipe has one direction: imports point backwards only, and each kind of knowledge has one home."""

import ast
from pathlib import Path

import agreement

PACKAGE = Path(agreement.__file__).parent

# Every module may import from its own stage and from earlier ones, never from a later one.
STAGES = (
    # foundations: know nothing of labels
    (
        "errors",
        "_addresses",
        "_resources",
        "_discover",
        "_arrays",
        "_times",
        "text.assignment",
        "planning.sample_size",
        "uncertainty.distributions",
        "wording",
    ),
    ("_files", "settings", "guidelines", "totals"),
    # load: files to Annotations
    ("annotations",),
    ("repeats", "probabilities", "links"),
    ("implausible",),
    ("records",),
    ("anonymise", "loaders", "detect"),
    # unitize and match: Annotations to units, spans, tokens, answers
    ("units", "meetings", "planning.overlap"),
    ("text.spans", "text.tokens", "text.answers", "text.similarity", "text.own_similarity"),
    ("text.matching", "text.span_errors", "consensus.spans"),
    # count
    ("counts", "crowds", "text.token_units", "distances"),
    # measure
    ("scores",),
    ("measures",),
    ("hierarchy",),
    ("uncertainty.closed_forms",),
    ("uncertainty.edges",),
    ("intervals",),
    ("uncertainty.analytic", "uncertainty.influence", "uncertainty.pooling", "uncertainty.ratios"),
    ("uncertainty.by_unit", "uncertainty.pooled_kappas", "disputes", "counted"),
    ("comparison",),
    # what is built on counts beside the comparison: consensus, models, gold, rounds, planning, decisions
    (
        "consensus.labels",
        "consensus.layers",
        "models.alternative",
        "models.licence",
        "models.panels",
        "models.runs",
        "models.scored",
    ),
    ("gold.control_charts", "gold.error_rates", "rounds.snapshots", "peers"),
    ("rounds.profiles",),
    (
        "rounds.changes",
        "rounds.split",
        "rounds.values",
        "gold.posterior",
        "gold.suspects",
        "gold.spans",
        "gold.size",
        "gold.over_time",
        "planning.next_items",
    ),
    ("rounds.comparing", "rounds.trends", "gold.validation", "planning.plan", "slices"),
    ("adjudication.decisions", "adjudication.files"),
    ("adjudication.applying",),
    # diagnose
    ("flags", "checks.criteria"),
    ("diagnosis.times", "diagnosis.evidence", "diagnosis.merging", "models.scoring", "models.comparing"),
    ("diagnosis.contrasts", "diagnosis.courses", "diagnosis.people", "diagnosis.company", "diagnosis.case"),
    ("rules",),
    ("diagnosis.diagnosing",),
    ("checks.release", "checks.parts"),
    # models, slices and other questions asked of an audit
    ("structures.relevance", "structures.relations", "structures.coreference", "structures.comparing"),
    ("structures.ranking",),
    # the pipe, and what shows its outcome
    ("pipeline",),
    # the same counts from an engine that holds the labels
    ("warehouse",),
    ("report",),
    ("cli",),
)
STAGE_OF = {module: number for number, stage in enumerate(STAGES) for module in stage}


def home(module: str) -> str:
    """Return the name under which *module*, without the package's own name, has its stage: itself or its folder."""
    return module if module in STAGE_OF else module.split(".", maxsplit=1)[0]


def name_of(path: Path) -> str:
    """Return the module's dotted name without the package's own; a folder's ``__init__`` is the folder."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


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
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "agreement":
            base = node.module.removeprefix("agreement").removeprefix(".")
            inside = {f"{base}.{alias.name}".removeprefix(".") for alias in node.names}
            found |= {name for name in inside if name in STAGE_OF} or {base}
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("agreement.") for alias in node.names if "agreement." in alias.name}
    return {home(name) for name in found if name}


def test_every_module_has_a_stage():
    folders = {name.split(".")[0] for name in STAGE_OF if "." in name}
    modules = {home(name_of(path)) for path in PACKAGE.rglob("*.py")}
    assert modules - set(STAGE_OF) - folders - {"__init__"} == set()


def test_a_folder_of_several_stages_lists_each_module():
    folders = {name.split(".")[0] for name in STAGE_OF if "." in name}
    modules = {name_of(path) for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] in folders}
    assert modules - set(STAGE_OF) == folders


def test_imports_point_backwards_only():
    forward = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if (own := home(name_of(path))) in STAGE_OF
        for name in sorted(imports(path))
        if name in STAGE_OF and STAGE_OF[name] > STAGE_OF[own]
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
