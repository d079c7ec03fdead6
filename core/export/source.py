"""Definitions of this project as text, with all of the project that they rest on.

Modules are read and never imported: many of them import TensorFlow, which the web process must not.
"""

import ast
import importlib.util
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeGuard

PROJECT = "core."


@dataclass
class Gathered:
    """Source text of definitions, each behind those it uses, and the foreign imports that they need, by bound name."""

    definitions: dict[tuple[str, str], str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All definitions, as they would stand in one module."""
        return "\n\n\n".join(self.definitions.values())


def gather(*wanted: str) -> Gathered:
    """Collect definitions, named "module:name", and every definition of the project that they use."""
    gathered = Gathered()
    for each in wanted:
        _add(gathered, *each.split(":"))
    return gathered


def import_statements(code: str, known: dict[str, str]) -> str:
    """Those of the `known` imports, by bound name, that a piece of code uses, in the customary order."""
    used = _names(ast.parse(code))
    whole, parts = set(), defaultdict(set)
    for name in used & known.keys():
        module, from_word, names = known[name].removeprefix("from ").partition(" import ")
        if from_word:
            parts[module].add(names)
        else:
            whole.add(module)
    statements = [
        *sorted(whole),
        *(f"from {module} import {', '.join(sorted(parts[module]))}" for module in sorted(parts)),
    ]
    own = [each for each in statements if each.split()[1].partition(".")[0] in sys.stdlib_module_names]
    return "\n".join([*own, "", *(each for each in statements if each not in own)]).strip()


def _add(gathered: Gathered, module: str, name: str) -> None:
    key = (module, name)
    if key in gathered.definitions:
        return
    source = _module(module)
    node = source.definitions[name]
    gathered.definitions[key] = ""  # keeps a definition that uses itself from being looked at for ever
    for used in sorted(_names(node), key=source.position):
        if used in source.definitions:
            _add(gathered, module, used)
        elif used in source.imports:
            origin, statement = source.imports[used]
            if origin.startswith(PROJECT):
                _add(gathered, origin, used)
            else:
                gathered.imports[used] = statement
    del gathered.definitions[key]
    gathered.definitions[key] = source.text_of(node)


@dataclass(frozen=True)
class _Module:
    """What stands at the top level of a module; an import by its bound name: where from, and as a statement."""

    lines: tuple[str, ...]
    definitions: dict[str, ast.stmt]
    imports: dict[str, tuple[str, str]]

    def position(self, name: str) -> int:
        """Line of a definition, so that what is used comes in the order of the module; imports come first."""
        return self.definitions[name].lineno if name in self.definitions else 0

    def text_of(self, node: ast.stmt) -> str:
        """The lines of a definition with its decorators, without remarks to the linter."""
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        text = "\n".join(self.lines[first - 1 : node.end_lineno])
        return re.sub(r"  # noqa.*", "", text)


@cache
def _module(name: str) -> _Module:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{name} has no source")
    text = Path(found.origin).read_text(encoding="utf-8")
    definitions: dict[str, ast.stmt] = {}
    imports: dict[str, tuple[str, str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            for each in node.names:
                bound = each.asname or each.name.partition(".")[0]
                imports[bound] = (each.name, ast.unparse(ast.Import([each])))
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                statement = ast.unparse(ast.ImportFrom(node.module, [each], node.level))
                imports[each.asname or each.name] = (node.module or "", statement)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            definitions[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            definitions |= {name.id: node for target in targets for name in ast.walk(target) if _is_name(name)}
    return _Module(tuple(text.splitlines()), definitions, imports)


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if _is_name(node)}


def _is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)
