"""Agreement: tells a team whether it can trust its labels."""

from agreement.annotations import Annotations as Annotations
from agreement.audit import Audit as Audit
from agreement.audit import audit as audit
from agreement.errors import AgreementError as AgreementError
from agreement.errors import InputError as InputError
from agreement.errors import SettingsError as SettingsError
from agreement.loaders import load as load
from agreement.settings import Settings as Settings

__all__ = ["AgreementError", "Annotations", "Audit", "InputError", "Settings", "SettingsError", "audit", "load"]
