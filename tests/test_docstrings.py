"""Everything public in `core` says what it is; what overrides something may leave that to what it overrides."""

import ast
from collections.abc import Iterator

from core.base.settings import PROJECT_ROOT


def undocumented(body: list[ast.stmt], name: str, *, overrides: bool = False) -> Iterator[str]:
    """Names of public classes, functions and methods in a body that have no docstring."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            if not overrides and ast.get_docstring(node) is None:
                yield f"{name}{node.name}"
            if isinstance(node, ast.ClassDef):
                inherits = [ast.unparse(base) for base in node.bases] not in ([], ["Protocol"])
                yield from undocumented(node.body, f"{name}{node.name}.", overrides=inherits)


def test_everything_public_in_core_has_a_docstring() -> None:
    missing = []
    for path in sorted((PROJECT_ROOT / "core").rglob("*.py")):
        tree, place = ast.parse(path.read_text()), f"{path.relative_to(PROJECT_ROOT)}: "
        if tree.body and ast.get_docstring(tree) is None:
            missing.append(f"{place}the module")
        missing += undocumented(tree.body, place)
    assert missing == []


def test_one_without_is_found() -> None:
    tree = ast.parse("class A:\n    '''It.'''\n    def b(self): pass\n    def _c(self): pass\ndef d(): '''It.'''")
    assert list(undocumented(tree.body, "")) == ["A.b"]
