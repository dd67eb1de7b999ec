"""Adds up the test reports (JUnit XML) that are named, and prints `N passed, N failed`.

Ends with 1 when a test failed, when a report is missing or cannot be read, or when no test ran: a
runner that crashed has passed nothing.
"""

import sys
import xml.etree.ElementTree as ElementTree


def count(path: str) -> tuple[int, int, int]:
    """Passed, failed and skipped test cases of one report."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(paths: list[str]) -> int:
    passed = failed = skipped = 0
    broken = 0
    for path in paths:
        try:
            one = count(path)
        except (OSError, ElementTree.ParseError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            broken += 1
            continue
        passed, failed, skipped = passed + one[0], failed + one[1], skipped + one[2]
    note = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{note}", flush=True)
    return 1 if failed or broken or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
