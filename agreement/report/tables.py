"""The same numbers as JSON and CSV."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agreement.audit import Audit


def audit_to_dict(audit: "Audit") -> dict[str, Any]:
    """Return the audit as JSON-able values, schema ``agreement-audit/1``."""
    return {"schema": "agreement-audit/1", "signature": audit.settings.signature()}
