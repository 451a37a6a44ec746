"""A palette PNG: the only way to show a large map in few bytes; a byte per cell and a colour table."""

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def palette_png(cells: NDArray[np.uint8], palette: tuple[tuple[int, int, int], ...]) -> str:
    """Return *cells* (rows, columns) of palette numbers as a ``data:`` address of a PNG.

    Examples
    --------
    >>> import numpy as np
    >>> palette_png(np.array([[0, 1]], dtype=np.uint8), ((255, 255, 255), (0, 0, 0)))[:32]
    'data:image/png;base64,iVBORw0KGg'
    """
    height, width = cells.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), cells], axis=1).tobytes()
    colours = bytes(part for colour in palette for part in colour)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", colours),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    chunks = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode("ascii")
