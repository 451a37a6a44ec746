"""Find plug-ins: every public module of a folder declares one constant, and no list is kept by hand."""

import importlib
import pkgutil
from types import ModuleType
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything with a name; all plug-ins have one."""

    @property
    def name(self) -> str:
        """The name that no other plug-in of the folder may have."""


Plugin = TypeVar("Plugin", bound=Named)


def discover(package: ModuleType, constant: str, kind: type[Plugin]) -> dict[str, Plugin]:
    """Return the plug-ins of *package* by name, in order of their modules' names.

    A module declares one plug-in as ``constant = …`` or several as a tuple of them.

    Raises
    ------
    TypeError
        If a public module lacks the constant or it is of another type, or if two have one name.
    """
    found: dict[str, Plugin] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        declared = getattr(module, constant, None)
        plugins = declared if isinstance(declared, tuple) else (declared,)
        for plugin in plugins:
            if not isinstance(plugin, kind):
                raise TypeError(f"{module.__name__} must declare {constant} as {kind.__name__}.")
            if plugin.name in found:
                raise TypeError(f"Two modules of {package.__name__} declare {plugin.name!r}.")
            found[plugin.name] = plugin
    return found
