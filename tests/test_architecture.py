"""The import table of ARCHITECTURE.md is true, and nothing imports in a circle."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "relay").rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, *, for_types: bool = True) -> set[str]:
    """Every module of ours that a file imports, in whatever place of the file."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not for_types:
        tree.body = [node for node in tree.body if not is_for_types(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(
                f"{node.module}.{alias.name}" if is_module(f"{node.module}.{alias.name}") else node.module
                for alias in node.names
            )
    return {name for name in found if name.split(".")[0] == "relay"}


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def table() -> dict[str, set[str] | None]:
    """The rows of the import table; ``None`` where everything is allowed."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(relay[\w.]*)` \| (.+) \|$", text, flags=re.MULTILINE)
    return {
        name: None if allowed.startswith("everything") else set(re.findall(r"`(relay[\w.]*)`", allowed))
        for name, allowed in rows
    }


def row_of(module: str, rows: dict[str, set[str] | None]) -> str:
    fitting = [row for row in rows if module == row or module.startswith((f"{row}.", f"{row}_"))]
    return max(fitting, key=len, default="")


def test_every_module_has_a_row_in_the_import_table() -> None:
    rows = table()

    homeless = [name for name in map(module_name, SOURCES) if name != "relay" and not row_of(name, rows)]

    assert homeless == []


def test_every_row_of_the_import_table_names_a_module() -> None:
    assert [row for row in table() if not is_module(row)] == []


def test_no_import_crosses_the_table() -> None:
    rows = table()
    crossing = []
    for path in SOURCES:
        own = row_of(module_name(path), rows)
        for imported in imports_of(path):
            theirs = row_of(imported, rows)
            allowed = rows.get(own, set())
            free = imported == "relay" or own in {theirs, ""}
            if own == "relay.app" and theirs == "relay.simulator":
                crossing.append(f"{path.name} -> {imported}")
            elif not free and allowed is not None and theirs not in allowed:
                crossing.append(f"{module_name(path)} -> {imported}")

    assert crossing == []


def test_nothing_imports_in_a_circle() -> None:
    graph = {module_name(path): imports_of(path, for_types=False) for path in SOURCES}
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module in done or module not in graph:
            return
        for imported in graph[module] - {"relay"}:
            walk(imported, (*trail, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def test_the_core_does_no_input_and_output() -> None:
    forbidden = {"asyncio", "time", "random", "secrets", "logging", "os", "socket", "httpx", "starlette"}
    for path in (ROOT / "relay/core").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }

        assert not names & forbidden, path.name


def test_only_the_edge_knows_starlette() -> None:
    knowing = {
        module_name(path)
        for path in SOURCES
        if re.search(r"^\s*(from|import) starlette", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        and not module_name(path).startswith(("relay.web", "relay.simulator"))
    }

    assert knowing <= {
        "relay.server",
        "relay.app",
        "relay.app_edge",
    }  # they name the type of an ASGI application only
