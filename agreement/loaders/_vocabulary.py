"""What people call the columns of a label table, in any case and with any separator."""

import re
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType

ITEM = (
    ("item", "item_id", "itemid", "item_no", "item_nr", "item_name", "item_key"),
    tuple(
        f"{thing}_id"
        for thing in (
            "text", "sentence", "sent", "example", "task", "unit", "sample", "question", "instance", "ticket", "post",
            "tweet", "message", "comment", "pair", "record", "segment", "utterance", "review", "image", "case",
            "article", "row", "turn", "object", "data", "entry", "snippet", "passage", "paragraph", "query", "abstract",
        )
    ),
    ("id", "uid", "uuid", "guid", "key", "identifier", "textid", "ids", "text_nr", "satz_id", "beispiel_id", "fall_id"),
    ("doc_id", "document_id", "docid", "document", "doc", "file", "filename", "file_name", "dokument", "dokument_id",
     "dokumentid", "datei", "dateiname"),
    ("unit", "instance", "task", "example", "sample", "ticket", "question", "object", "case", "subject", "image",
     "beispiel", "fall", "datensatz", "einheit"),
    ("record_index", "index", "idx", "row", "row_no", "row_number", "nr", "number", "unnamed_0", "line",
     "record", "sno", "s_no", "nummer", "lfd_nr", "laufende_nummer", "zeile"),
)  # fmt: skip
ROLES = MappingProxyType({
    "annotator": (
        "annotator", "annotator_id", "annotator_name", "annotatorid", "worker", "worker_id", "workerid", "rater",
        "rater_id", "raterid", "coder", "coder_id", "coder_name", "user", "user_id", "userid", "username", "user_name",
        "labeler", "labeller", "labeler_id", "labeller_id", "judge", "judge_id", "expert", "expert_id", "participant",
        "participant_id", "annotated_by", "labeled_by", "labelled_by", "coded_by", "rated_by", "created_by",
        "completed_by", "email", "e_mail", "member", "reviewer", "reviewer_id", "who", "person", "evaluator",
        "evaluator_id", "assessor", "assessor_id", "respondent", "annotators", "raters", "coders", "workers", "tagger",
        "annotator_ids", "rater_ids", "coder_ids", "worker_ids", "user_ids", "annotator_names",
        "observer", "crowdworker", "crowd_worker", "crowd_worker_id", "turker", "name", "student", "moderator",
        "operator", "analyst", "editor", "grader", "marker", "scorer", "annotatorname", "annotator_code", "staff",
        "bearbeiter", "bearbeiterin", "bearbeiter_id", "kodierer", "kodiererin", "codierer", "codiererin", "prüfer",
        "prüferin", "pruefer", "annotierer", "annotiererin", "annotatorin", "bewerter", "bewerterin", "beurteiler",
        "person_id", "nutzer", "nutzerin", "benutzer", "benutzername", "mitarbeiter", "mitarbeiterin",
    ),
    "label": (
        "label", "labels", "label_name", "class", "classes", "category", "categories", "answer", "answers",
        "annotation",
        "annotations", "value", "choice", "code", "codes", "rating", "ratings", "score", "tag", "tags", "judgment",
        "judgement", "judgments", "judgements", "response", "responses", "decision", "vote", "verdict", "grade",
        "assigned_label", "annotated_label", "class_label", "selected", "result", "mark", "label_value",
        "klasse", "kategorie", "etikett", "bewertung", "urteil", "antwort", "einstufung", "einordnung",
    ),
    "layer": ("layer", "layer_name", "dimension", "attribute", "aspect", "field", "schema", "criterion", "variable",
              "question", "question_name", "task", "task_name", "feature", "label_type"),
    "text": ("text", "content", "body", "sentence", "message", "utterance", "tweet", "post", "document_text",
             "item_text", "full_text", "passage", "snippet", "prompt", "paragraph", "title", "excerpt", "transcript",
             "raw_text", "source_text", "input", "comment_text", "satz", "nachricht", "beitrag", "inhalt"),
    "section": ("section", "section_id", "guideline", "guideline_section", "guideline_id", "guideline_ref", "policy",
                "policy_section", "chapter", "rule", "rule_id"),
    "document": ("document", "doc", "document_id", "doc_id", "docid", "thread", "thread_id", "conversation",
                 "conversation_id", "article", "article_id", "cluster", "cluster_id", "file", "filename", "file_name",
                 "dialogue", "dialog_id", "dialogue_id", "source_document", "document_name", "patient", "patient_id",
                 "dokument", "dokument_id", "datei", "dateiname"),
    "round": ("round", "round_id", "batch", "batch_id", "iteration", "phase", "wave", "labelling_round",
              "labeling_round", "annotation_round"),
    "time": ("time", "timestamp", "time_stamp", "date", "datetime", "created_at", "updated_at", "submitted_at",
             "annotated_at", "labeled_at", "labelled_at", "submit_time", "submission_time", "created", "updated",
             "submitted", "completed_at", "annotation_time", "date_time", "labelled_on", "labeled_on", "datum",
             "zeit", "zeitstempel", "uhrzeit"),
    "gold": ("gold", "gold_label", "gold_standard", "truth", "ground_truth", "groundtruth", "true_label", "truth_label",
             "adjudicated", "adjudicated_label", "adjudication", "adjudicator", "consensus", "consensus_label", "final",
             "final_label", "final_choice", "correct", "correct_label", "correct_answer", "reference",
             "reference_label", "expected", "gt", "y_true", "curated", "curated_label", "gold_answer", "goldlabel",
             "majority", "majority_label", "majority_vote"),
    "model": ("model", "model_name", "model_id", "model_version", "llm"),
    "start": ("start", "begin", "start_offset", "start_char", "char_start", "offset_start", "begin_offset", "from"),
    "end": ("end", "end_offset", "stop", "end_char", "char_end", "offset_end", "to"),
    "status": ("status", "annotation_status"),
    "note": ("note", "notes", "comment", "comments", "remark", "remarks", "explanation", "rationale", "reason",
             "confidence", "certainty", "url", "link", "duration", "lead_time", "seconds", "annotation_id",
             "assignment_id", "submission_id", "label_id", "judgment_id", "response_id", "duration_s", "time_spent",
             "work_time_in_seconds", "feedback", "justification", "doubt", "todo", "kommentar", "bemerkung", "notiz",
             "anmerkung", "begründung"),
})  # fmt: skip
PEOPLE = re.compile(
    r"(annotator|worker|rater|coder|user|label(l)?er|judge|expert|participant|annot?|person|reviewer|evaluator|member"
    r"|student|nurse|doctor|physician|crowd|turker|assessor|tagger|observer|system|model|run|llm|human|anonymous"
    r"|moderator|analyst|editor|grader|bearbeiter(in)?|[kc]odierer(in)?|prüfer(in)?|bewerter(in)?|annotierer(in)?)s?"
)
MODEL = re.compile(
    r"(.*_)?(model|llm|bot|classifier|prediction|predicted|pred|(chat)?gpt(\d\w*)?|llama\d*|qwen\w*|gemma\w*|gemini"
    r"|mistral|mixtral|deepseek|claude|grok|copilot|phi_?\d+)(_.*)?"
)
ASIDES = frozenset({
    "confidence", "certainty", "comment", "comments", "note", "notes", "remark", "remarks", "rationale", "reason",
    "explanation", "justification", "duration", "seconds", "time", "timestamp", "date", "kommentar", "bemerkung",
})  # fmt: skip
GUIDELINE_SHEET = re.compile(r"(annotation_|labell?ing_)?(guide_?lines?|sections?|code_?book|manual|guide)")
LONGEST_NAME = 100
ITEMS_SHEET = re.compile(r"(items?|texts?|tickets?|documents?|data|samples?|tasks?|source|sentences?|messages?)")


def words(name: str) -> str:
    """Return a column's name without case, separators and camel case.

    Examples
    --------
    >>> words("Item ID"), words("workerId"), words("Ground-Truth"), words("ID")
    ('item_id', 'worker_id', 'ground_truth', 'id')
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\W_]+", "_", apart.casefold()).strip("_")


def item_rank(name: str) -> int | None:
    """Return how surely a column called *name* names the item, 0 first; None if nothing says so."""
    known = words(name)
    for rank, names in enumerate(ITEM):
        if known in names or name.strip() == "#":
            return rank if name.strip() != "#" else len(ITEM) - 1
    return None


def is_called(name: str, role: str) -> bool:
    """Return whether people call the column of *role* by this *name*."""
    return words(name) in ROLES[role]


def is_aside(name: str) -> bool:
    """Return whether *name* is that of a note beside somebody's label: ``Ana_confidence``, ``comment (Ben)``.

    Examples
    --------
    >>> is_aside("Ana confidence"), is_aside("Comment_Ben"), is_aside("Ana"), is_aside("comment_id")
    (True, True, False, False)
    """
    parts = words(name).split("_")
    return len(parts) > 1 and (parts[-1] in ASIDES or (parts[0] in ASIDES and parts[-1] != "id"))


def is_known(name: str) -> bool:
    """Return whether *name* is one that people give to some column of a label table."""
    return len(name) <= LONGEST_NAME and _is_known(name)


@lru_cache(maxsize=1 << 14)  # asked of every cell near the top of a table, where labels recur
def _is_known(name: str) -> bool:
    """Return whether a short *name* is known."""
    return item_rank(name) is not None or any(is_called(name, role) for role in ROLES)


def is_numbered(names: Sequence[str]) -> bool:
    """Return whether all *names* are one word with different numbers, as ids of items are.

    Examples
    --------
    >>> is_numbered(["doc-1", "doc-12"]), is_numbered(["Ana", "Ben"])
    (True, False)
    """
    skeletons = {re.sub(r"\d+", "0", name) for name in names}
    return len(names) > 1 and len(skeletons) == 1 and "0" in next(iter(skeletons))


def names_a_person(name: str) -> bool:
    """Return whether *name* is a word for an annotator with a number or a name: ``worker_0``, ``Expert 1``.

    Examples
    --------
    >>> names_a_person("worker_0"), names_a_person("Expert 1"), names_a_person("A2"), names_a_person("sentiment")
    (True, True, True, False)
    """
    known = words(name)
    first = re.split(r"_|(?<=\D)(?=\d)", known)
    return bool(PEOPLE.fullmatch(first[0]) or PEOPLE.fullmatch(first[-1]) or re.fullmatch(r"[arw]_?\d{1,4}", known))
