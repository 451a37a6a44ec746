"""Agreement: tells a team whether it can trust its labels.

The names below are imported on first use, so that ``agreement --help`` need not load pandas.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agreement.annotations import Annotations as Annotations
    from agreement.errors import AgreementError as AgreementError
    from agreement.errors import InputError as InputError
    from agreement.errors import SettingsError as SettingsError
    from agreement.intervals import interval as interval
    from agreement.loaders import load as load
    from agreement.pipeline import Audit as Audit
    from agreement.pipeline import audit as audit
    from agreement.settings import Settings as Settings

_HOMES = {
    "AgreementError": "agreement.errors",
    "Annotations": "agreement.annotations",
    "Audit": "agreement.pipeline",
    "InputError": "agreement.errors",
    "Settings": "agreement.settings",
    "SettingsError": "agreement.errors",
    "audit": "agreement.pipeline",
    "interval": "agreement.intervals",
    "load": "agreement.loaders",
}
__all__ = [
    "AgreementError", "Annotations", "Audit", "InputError", "Settings", "SettingsError", "audit", "interval", "load",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the module's own attributes are of any type
    """Import a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value  # `agreement.audit` is the function even after the module of that name was imported
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
