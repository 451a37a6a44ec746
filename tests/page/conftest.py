"""A rendered page as a tree that tests can ask."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from agreement.report.page import render_page

VOID = {"meta", "img", "br", "input", "path", "circle", "hr", "link"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list["Node | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.walk()

    def find(self, tag: str = "", **wanted: str) -> list["Node"]:
        """Return the nodes below with this tag, class (as cls) and attributes."""
        cls = wanted.pop("cls", "")
        return [
            node
            for node in self.walk()
            if (not tag or node.tag == tag)
            and (not cls or cls in node.attributes.get("class", "").split())
            and all(node.attributes.get(name) == value for name, value in wanted.items())
        ]

    @property
    def text(self) -> str:
        found = "".join(part if isinstance(part, str) else part.text + " " for part in self.parts)
        return " ".join(found.split())


class _Builder(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].parts.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open[-1].tag == tag, f"<{self.open[-1].tag}> is closed by </{tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].parts.append(data)


@pytest.fixture(scope="session")
def parse():
    """Return the tree of an HTML text; a tag that is never closed fails."""

    def parsed(text: str) -> Node:
        builder = _Builder()
        builder.feed(text)
        builder.close()
        assert [node.tag for node in builder.open] == ["root"]
        return builder.root

    return parsed


PROJECTS = ("tickets", "entities", "sentiment", "small", "hostile", "every_kind")


@pytest.fixture(scope="session")
def pages(tickets, entities, sentiment, small, hostile, every_kind):
    """Return the HTML of every project."""
    audits = (tickets, entities, sentiment, small, hostile, every_kind)
    return {name: render_page(audit) for name, audit in zip(PROJECTS, audits, strict=True)}


@pytest.fixture(scope="session", params=PROJECTS)
def html(request, pages) -> str:
    return pages[request.param]


@pytest.fixture(scope="session")
def tree(html, parse) -> Node:
    return parse(html)
