"""The outline of a JSON file: which keys its first object has, from the first bytes, even when they are cut off."""

import re

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"\s*(:)?|[{}\[\]"]')
DEPTH = 4


def outline(head: bytes) -> frozenset[str]:
    """Return the keys of the first JSON object in *head* as dotted paths; lists are looked through.

    Empty when *head* does not begin like JSON. Paths of up to four keys are kept, which tells all platforms apart.

    Examples
    --------
    >>> sorted(outline(b'[{"id": 1, "annotations": [{"result": []}], "data": {"te'))
    ['annotations', 'annotations.result', 'data', 'id']
    """
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body[:1] not in (b"{", b"["):
        return frozenset()
    keys = set()
    above: list[tuple[str, ...]] = []
    here: tuple[str, ...] = ()
    first = 0
    for match in TOKEN.finditer(body):
        token = match[0]
        if token in (b"{", b"["):
            above.append(here)
            first = first or (len(above) if token == b"{" else 0)
        elif token in (b"}", b"]"):
            if not above or (token == b"}" and len(above) == first):
                break
            here = above.pop()
        elif token == b'"':
            break
        elif match[1] and above:
            here = (*above[-1][:DEPTH], token.rstrip(b": \t\r\n")[1:-1].decode(errors="replace"))
            if len(here) <= DEPTH:
                keys.add(".".join(here))
    return frozenset(keys)
