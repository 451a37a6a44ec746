"""Former home of :mod:`agreement.pipeline`."""

from agreement.pipeline import Audit as Audit
from agreement.pipeline import audit as audit
