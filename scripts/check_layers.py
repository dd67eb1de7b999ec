"""Checks that the layers of docs/data-flow.md hold: System, Core, Import, Service, sluice, never back.

- A module imports modules of its own layer or of one below.
- Steps of Import do not import one another; they meet in ImportModel.
- A C library is imported by one module (by two, where SHARED says so), as `internal import`.
- No `import Foundation` (FoundationEssentials will do), and no OpaquePointer in a public signature.
- A function in Tests that looks like a test has @Test, or it would never run.

Prints a line a breach, and ends with 1 when there is one.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["System", "Core", "Import", "Service", "sluice"]
# C modules with more than one user, and who they are.
SHARED = {"CCrypto": {"Spool", "HTTP"}, "CLinux": {"Threading", "EmbeddedPostgres"}}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)\s+)?(\w+)"
)
FUNCTION = re.compile(r"^(?P<indent>\s*)(?P<modifiers>(?:\w+\s+)*)func\s+(?P<name>`[^`]+`|\w+)\s*(?P<rest>.*)$")


def swift_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.swift") if ".build" not in path.parts)


def modules() -> dict[str, str]:
    """Each module of Sources, and its layer."""
    found = {"sluice": "sluice"}
    for layer in LAYERS[:-1]:
        for folder in (ROOT / "Sources" / layer).iterdir():
            if folder.is_dir():
                found[folder.name] = layer
    return found


def breaches_of_import(
    place: str, module: str, layer: str, access: str | None, name: str, layers: dict[str, str]
) -> Iterator[str]:
    if name == "Foundation":
        yield f"{place}: Foundation is imported; FoundationEssentials, Glibc or Synchronization will do"
    if name not in layers or name == module:
        return
    other = layers[name]
    if LAYERS.index(other) > LAYERS.index(layer):
        yield f"{place}: {layer}/{module} imports {other}/{name}, which is above it"
    if layer == other == "Import" and name != "ImportModel":
        yield f"{place}: the step {module} imports the step {name}; they meet in ImportModel"
    if other == "System" and access not in ("internal", "private", "fileprivate"):
        yield f"{place}: a C library is imported with `internal import`"


def breaches_of_layers() -> Iterator[str]:
    layers = modules()
    users: dict[str, set[str]] = {}
    for module, layer in sorted(layers.items()):
        folder = ROOT / "Sources" / (module if layer == "sluice" else f"{layer}/{module}")
        for path in swift_files(folder):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                place = f"{path.relative_to(ROOT)}:{number}"
                if re.search(r"^\s*(public|open)\b.*\bOpaquePointer\b", line):
                    yield f"{place}: OpaquePointer in a public signature"
                match = IMPORT.match(line)
                if match:
                    access, name = match.groups()
                    if layers.get(name) == "System":
                        users.setdefault(name, set()).add(module)
                    yield from breaches_of_import(place, module, layer, access, name, layers)
    for name, importers in sorted(users.items()):
        if len(importers) > 1 and not importers <= SHARED.get(name, set()):
            yield f"Sources/System/{name}: imported by {', '.join(sorted(importers))}, and one only may"


def has_test_attribute(lines: list[str], index: int) -> bool:
    """Whether @Test stands before the function at `index`, in its line or in those above it."""
    if "@Test" in lines[index]:
        return True
    # Attributes may go over several lines: up to the end of what stands before.
    for line in reversed(lines[max(0, index - 25) : index]):
        text = line.strip()
        if text.startswith("@Test"):
            return True
        if text in ("", "{", "}") or text.endswith("{") or text.endswith("}"):
            return False
    return False


def body_of(lines: list[str], index: int, indent: str) -> str:
    """The lines of a function, up to the brace in the column where it begins."""
    body = []
    for line in lines[index:]:
        body.append(line)
        if line.rstrip() == indent + "}":
            break
    return "\n".join(body)


def breaches_of_tests() -> Iterator[str]:
    for path in swift_files(ROOT / "Tests"):
        if "TestSupport" in path.parts:
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for index, line in enumerate(lines):
            match = FUNCTION.match(line)
            if not match or set(match["modifiers"].split()) & {"private", "fileprivate", "static", "override"}:
                continue
            body = body_of(lines, index, match["indent"])
            checks = "#expect" in body or "#require" in body or "confirmation(" in body
            no_parameters = match["rest"].startswith("()")
            looks_like_one = match["name"].startswith("test") or (no_parameters and checks)
            if looks_like_one and not has_test_attribute(lines, index):
                yield f"{path.relative_to(ROOT)}:{index + 1}: {match['name']} has no @Test and never runs"


def main() -> int:
    found = [*breaches_of_layers(), *breaches_of_tests()]
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
