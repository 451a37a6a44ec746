import io
import json
import zipfile

import pytest

from agreement.errors import InputError

HEAD = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.NE|value\n\n\n"
ANA = HEAD + (
    "#Text=😀 Champions League in Oslo\n"
    "1-1\t0-2\t😀\t_\t\n1-2\t3-12\tChampions\tORG[1]|PART[2]\t\n1-3\t13-19\tLeague\tORG[1]\t\n1-4\t20-22\tin\t_\t\n"
    "1-5\t23-27\tOslo\tLOC\t\n\n#Text=So.\n2-1\t28-30\tSo\t*\t\n2-1.1\t28-29\tS\tA\\|B\t\n2-2\t30-31\t.\t_\t\n"
)
BEN = (
    ANA.replace("ORG[1]|PART[2]", "_")
    .replace("ORG[1]", "_")
    .replace("LOC", "_")
    .replace("A\\|B", "_")
    .replace("*", "_")
)


def test_stacked_long_and_escaped_spans_in_code_points(read, spans, statuses):
    found = read({"doc/ana.tsv": ANA, "doc/ben.tsv": BEN})
    assert found.items.loc["doc", "text"] == "😀 Champions League in Oslo\nSo."
    assert spans(found, "NE") == [
        ("doc", "ana", "*", 27, 29), ("doc", "ana", "A|B", 27, 28), ("doc", "ana", "LOC", 22, 26),
        ("doc", "ana", "ORG", 2, 18), ("doc", "ana", "PART", 2, 11),
    ]  # fmt: skip
    assert statuses(found, "NE")["doc", "ben"] == "empty"
    assert found.tokens["doc"][:2] == ((0, 1), (2, 11))


def test_curators_are_no_annotators(read):
    found = read({"doc/ana.tsv": ANA, "doc/ben.tsv": BEN, "doc/CURATION_USER.tsv": ANA})
    assert found.compared == ("ana", "ben")
    assert found.of_kind("curator") == ("CURATION_USER",)
    assert found.reading.gold_candidates == ["CURATION_USER"]
    asked = read(
        {"doc/ana.tsv": ANA, "doc/ben.tsv": BEN, "doc/CURATION_USER.tsv": ANA}, columns={"gold": "CURATION_USER"}
    )
    assert asked.of_kind("gold") == ("CURATION_USER",)


def test_a_folder_per_user_is_told_by_the_texts(read, statuses):
    other = ANA.replace("Oslo", "Rome")
    found = read({"ana/1.tsv": ANA, "ana/2.tsv": other, "ben/1.tsv": ANA, "ben/2.tsv": other})
    assert set(statuses(found, "NE")) == {("1", "ana"), ("2", "ana"), ("1", "ben"), ("2", "ben")}


def test_features_with_values_are_layers_and_relations_are_counted(read):
    head = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.POS|fine|coarse\n#T_RL=a.Dep|type|BT_a.POS\n\n#Text=It is\n"
    body = "1-1\t0-2\tIt\tPRP\tPRON\tsubj\t1-2\t\n1-2\t3-5\tis\tVBZ\t*\t_\t_\t\n"
    found = read({"doc/ana.tsv": head + body, "doc/ben.tsv": head + body})
    assert set(found.layers) == {"POS.fine", "POS.coarse"}
    assert "relations not audited: 2." in found.reading.warnings


def project(members, state="FINISHED"):
    users = [{"name": "doc.txt", "user": user, "state": state} for user in ("ana", "ben")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("exportedproject1.json", json.dumps({"name": "p", "annotation_documents": users}))
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


TABLES = {
    "annotation/doc.txt/ana.tsv": ANA,
    "annotation/doc.txt/ben.tsv": BEN,
    "annotation/doc.txt/INITIAL_CAS.tsv": BEN,
}


@pytest.mark.parametrize(("state", "status"), [("FINISHED", ["done", "empty"]), ("IN_PROGRESS", ["draft", "empty"])])
def test_a_project_says_who_has_finished(read, statuses, state, status):
    found = read({"project.zip": project(TABLES, state)})
    read_as = statuses(found, "NE")
    assert read_as["doc.txt", "ana"] == status[0]
    assert ("doc.txt", "INITIAL_CAS") not in read_as


XMI = (
    '<?xml version="1.0" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore"'
    ' xmlns:t="http:///a/type.ecore" xmi:version="2.0"><t:Token xmi:id="4" sofa="1" begin="3" end="7"/>'
    '<t:NamedEntity xmi:id="2" sofa="1" begin="3" end="7" value="{label}"/>'
    '<t:Dependency xmi:id="3" sofa="1" begin="3" end="7" Governor="4" Dependent="4"/>'
    '<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" sofaString="😀 Acme"/></xmi:XMI>'
)


def inner(**labels):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for user, label in labels.items():
            archive.writestr(f"{user}.xmi", XMI.replace("{label}", label))
        archive.writestr("TypeSystem.xml", "<typeSystemDescription/>")
    return buffer.getvalue()


def test_xmi_in_the_archives_inside_a_project(read, spans):
    members = {"annotation/doc.txt/webanno1.zip": inner(ana="ORG"), "annotation/doc.txt/webanno2.zip": inner(ben="LOC")}
    found = read({"project.zip": project(members)})
    assert spans(found, "NamedEntity") == [("doc.txt", "ana", "ORG", 2, 6), ("doc.txt", "ben", "LOC", 2, 6)]
    assert found.tokens["doc.txt"] == ((2, 6),)
    assert "relations not audited: 2." in found.reading.warnings


def test_json_cas(read, spans):
    def cas(label):
        entity = {"%ID": 2, "%TYPE": "a.NamedEntity", "@sofa": 1, "begin": 0, "end": 4, "value": label}
        sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaString": "Acme"}
        return json.dumps({"%TYPES": {}, "%FEATURE_STRUCTURES": [sofa, entity], "%VIEWS": {}})

    found = read({"doc/ana.json": cas("ORG"), "doc/ben.json": cas("LOC")})
    assert spans(found, "NamedEntity") == [("doc", "ana", "ORG", 0, 4), ("doc", "ben", "LOC", 0, 4)]


def test_broken_xmi_and_entity_bombs_are_refused(read):
    bomb = XMI.replace("<xmi:XMI", '<!DOCTYPE x [<!ENTITY a "aaaa">]><xmi:XMI', 1).replace("{label}", "&a;")
    with pytest.raises(InputError, match=r"is not valid XMI"):
        read({"doc/ana.xmi": bomb, "doc/ben.xmi": XMI[:-20]})


def test_only_ser_says_what_to_export(read):
    members = {"annotation_ser/doc.txt/ana.ser": b"\xac\xed", "annotation/doc.txt/ana.txt": "text"}
    with pytest.raises(InputError, match=r"\.ser files \(1\), which only Java reads.*UIMA CAS JSON"):
        read({"project.zip": project(members)})
