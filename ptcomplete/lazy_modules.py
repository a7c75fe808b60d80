"""Load modules that few requests need only when they are used, so that web processes and workers stay small.

`from module import name` uses a module at once. Those who import one of LAZY write `import module`, and quote its types
in annotations, which Python before 3.14 evaluates. Importing a submodule does not run a lazy package, so packages whose
modules import each other in one order only, such as redis, cannot be lazy.
"""

import sys
import threading
from collections.abc import Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

# For single pages of the admin, passkeys, images, sheets, exports, email and requests to other servers.
LAZY = frozenset(
    {
        "PIL.Image",
        "PIL.ImageCms",
        "PIL.ImageDraw",
        "PIL.ImageFile",
        "PIL.ImageFont",
        "PIL.ImageOps",
        "allauth.mfa.webauthn.internal.auth",
        "anymail.exceptions",
        "cryptography.fernet",
        "css_inline",
        "http_client.public_network",
        "httpcore2",
        "httpx2",
        "icalendar",
        "markdownify",
        "pillow_heif",
        "pyrage",
        "requests",
        "typst",
        "urllib3",
    }
)
# What the import system reads of modules.
_METADATA = frozenset(
    {"__class__", "__dict__", "__file__", "__loader__", "__name__", "__package__", "__path__", "__spec__"}
)
# One for all modules. With one for each, two threads could wait for each other.
_lock = threading.RLock()


class _LazyModule(ModuleType):
    """A module whose code runs when one of its names is read."""

    def __getattribute__(self, name: str) -> Any:
        if name not in _METADATA:
            with _lock:
                _run(self)
        return ModuleType.__getattribute__(self, name)


def _run(module: ModuleType) -> None:
    loader = module.__dict__.pop("_loader", None)
    if loader is None:
        return  # It has run, or it imports itself in a circle.
    try:
        loader.exec_module(module)
    except BaseException:
        module.__dict__["_loader"] = loader
        raise
    module.__class__ = ModuleType


class _LazyLoader(Loader):
    """Postpones running the code of a module."""

    def __init__(self, loader: SourceFileLoader) -> None:
        self.loader = loader

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["_loader"] = self.loader
        module.__class__ = _LazyModule


class LazyFinder(MetaPathFinder):
    """Finds the modules with these names, but does not run their code."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where the module is."""
        spec = PathFinder.find_spec(name, path, target) if name in self.names else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _LazyLoader(spec.loader)
        return spec


def install() -> None:
    """Import the modules of LAZY lazily from now on."""
    sys.meta_path.insert(0, LazyFinder(LAZY))
