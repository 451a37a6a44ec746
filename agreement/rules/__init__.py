"""Flag rules, one file each: every module declares ``RULE``."""

import sys

from agreement._discover import discover
from agreement.errors import Problem, SettingsError
from agreement.flags import Rule
from agreement.settings import Settings


def rules() -> dict[str, Rule]:
    """Return every rule by name, in the order of the diagnosis."""
    found = discover(sys.modules[__name__], "RULE", Rule)
    return dict(sorted(found.items(), key=lambda entry: entry[1].step))


def rules_in_force(settings: Settings) -> list[Rule]:
    """Return the rules that are not switched off, in order.

    Raises
    ------
    SettingsError
        Naming every unknown rule and threshold, with what is allowed.
    """
    known = rules()
    problems = []
    for name, chosen in sorted(settings.rules.items()):
        if name not in known:
            problems.append(Problem(f"rules.{name}", "is not a rule.", f"Rules: {', '.join(sorted(known))}."))
            continue
        allowed = ("enabled", *sorted(known[name].defaults))
        problems += [
            Problem(f"rules.{name}.{key}", "is not a threshold of this rule.", f"Allowed here: {', '.join(allowed)}.")
            for key in sorted(chosen)
            if key not in allowed
        ]
    if problems:
        raise SettingsError(problems)
    return [rule for name, rule in known.items() if settings.rules.get(name, {}).get("enabled", True)]
