"""Adds up the reports (JUnit XML) of test runners, names what failed, and prints `N passed, N failed`.

    python3 scripts/count_tests.py FOLDER RUNNER=CODE …

A runner's reports are FOLDER/RUNNER*.xml, and CODE is what it ended with. A runner that ended badly
without naming a failed test has crashed, which counts as one failed test. Ends with 1 when anything
failed, when a report cannot be read, or when no test ran.
"""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

MESSAGE_LIMIT = 300


@dataclass
class Count:
    passed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def add_case(self, case: ElementTree.Element) -> None:
        fault = next((one for one in case if one.tag in ("failure", "error")), None)
        if fault is not None:
            message = " ".join((fault.get("message") or fault.text or "").split())[:MESSAGE_LIMIT]
            self.failures.append(f"{case.get('classname')} {case.get('name')}: {message}")
        elif case.find("skipped") is not None:
            self.skipped += 1
        else:
            self.passed += 1

    def add_runner(self, folder: Path, name: str, code: int) -> None:
        before = len(self.failures)
        for report in sorted(folder.glob(f"{name}*.xml")):
            try:
                for case in ElementTree.parse(report).getroot().iter("testcase"):
                    self.add_case(case)
            except (OSError, ElementTree.ParseError) as error:
                self.failures.append(f"{report.name} cannot be read: {error}")
        if code != 0 and len(self.failures) == before:
            self.failures.append(f"{name}: ended with code {code} and named no failed test")


def main(arguments: list[str]) -> int:
    count = Count()
    for runner in arguments[1:]:
        name, code = runner.split("=")
        count.add_runner(Path(arguments[0]), name, int(code))
    for failure in count.failures:
        print(f"FAILED {failure}")
    note = f", {count.skipped} skipped" if count.skipped else ""
    print(f"{count.passed} passed, {len(count.failures)} failed{note}", flush=True)
    return 1 if count.failures or count.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
