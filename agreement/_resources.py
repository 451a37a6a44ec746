"""Find the folders that ship with the package: templates and sample data."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Return the shipped *folder*: inside the package when installed, beside it in a checkout.

    Raises
    ------
    FileNotFoundError
        If the folder is in neither place, which means a broken installation.
    """
    for home in (PACKAGE, PACKAGE.parent):
        if (home / folder).is_dir():
            return home / folder
    raise FileNotFoundError(f"The folder {folder!r} is neither in nor beside {PACKAGE}.")
