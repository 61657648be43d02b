#!/usr/bin/env python3
"""The house rules that a machine can check: who may include whom, how long things are, what is not said.

docs/architecture.md draws the arrows; this test keeps them so.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).parents[1]
ROOMS = ["adapters", "agent", "analysis", "attestation", "base", "benchctl", "coordinator", "proto",
         "storage", "workloads"]

# Room -> rooms that it may include, besides itself.
ARROWS = {
    "base": set(),
    "proto": {"base"},
    "adapters": {"base", "proto"},
    "storage": {"base", "proto"},
    "analysis": {"base"},
    "attestation": {"base"},
    "workloads": {"base", "proto", "adapters", "attestation"},
    "agent": {"base", "proto"},
    "coordinator": {"base", "proto", "storage", "analysis"},
    "benchctl": {"base", "proto", "analysis", "adapters"},
}

# Library -> the only files that may include it.
GUARDED = {
    r"<grpcpp/|\.grpc\.pb\.h": [
        r"proto/transport_port\.cc", r"coordinator/\w+_port\.(cc|h)", r"agent/coordinator_client\.cc",
        r"benchctl/client\.cc", r"workloads/net/\w+\.cc"],
    r"[<\"]sqlite3\.h": [r"storage/\w*sqlite\w*\.(cc|h)", r"agent/\w*spool\w*\.(cc|h)"],
    r"[<\"]prometheus/": [r"\w+/metrics\.cc"],
    r"[<\"]spdlog/": [r"base/log\.cc"],
    r"[<\"]hwloc": [r"agent/host/\w+\.cc"],
}

# What a header never includes, so that nobody pays for it who does not use it.
HEAVY = re.compile(r'#include [<"](.*\.pb\.h|grpcpp/.*|sqlite3\.h|openssl/.*|spdlog/.*|prometheus/.*|iostream)[>"]')
HEAVY_HEADERS_ALLOWED = {
    "proto/convert_internal.h",           # private to the convert_*.cc files
    "coordinator/control_streams_port.h",  # private to the control port
    "coordinator/control_history_port.h",  # the same
}

MOST_COLUMNS = 100
MOST_LINES = 450
MOST_TEST_LINES = 700
MOST_FUNCTION_LINES = 90
LONG_FUNCTIONS_ALLOWED = {"agent/host/cpuid.cc": "its body is one table, a row for each CPUID bit"}

LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|simplified for now|not implemented yet")
BANNED = {
    r"\bstd::cout\b": "only benchctl's console and main print; use base/log.h",
    r"\bsystem\(": "start programs through base/subprocess.h",
    r"\busing namespace (?!std::(chrono|string)_literals)": "name what is used",
}


def tracked(*endings):
    """Files that git knows or would take, below the rooms and tests."""
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=SOURCE,
                           capture_output=True, text=True, check=True).stdout.split()
    return [name for name in sorted(set(names)) if name.endswith(endings) and (SOURCE / name).is_file()]


def lines_of(name):
    return (SOURCE / name).read_text(encoding="utf-8").splitlines()


def functions(lines):
    """(first line, length) of each function body in Google style: '{' ends a line at column 0's scope."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"^[A-Za-z~].*\)[^;]*\{$|^    .*\)( const| override|)* \{$", line):
            if not line.startswith((" ", "namespace", "struct", "class", "enum")):
                start = number
        elif start is not None and line == "}":
            yield start, number - start
            start = None


class TidyTest(unittest.TestCase):
    def report(self, problems):
        self.assertFalse(problems, "\n" + "\n".join(problems))

    def test_arrows(self):
        problems = []
        for name in tracked(".h", ".cc"):
            room = name.split("/")[0]
            if room not in ARROWS or name.endswith(("_test.cc", "_test_util.cc", "_test_util.h")):
                continue
            for number, line in enumerate(lines_of(name), 1):
                match = re.match(r'#include "(\w+)/', line)
                if match and match[1] in ARROWS and match[1] != room and match[1] not in ARROWS[room]:
                    problems.append(f"{name}:{number}: {room} may not include {match[1]}")
        self.report(problems)

    def test_guarded_libraries(self):
        problems = []
        for name in tracked(".h", ".cc"):
            if name.split("/")[0] not in ARROWS or "_test" in name:
                continue
            text = (SOURCE / name).read_text(encoding="utf-8")
            for library, allowed in GUARDED.items():
                if re.search(r"#include .*(" + library + ")", text):
                    if not any(re.fullmatch(pattern, name) for pattern in allowed):
                        problems.append(f"{name}: includes {library}, which only {allowed} may")
        self.report(problems)

    def test_headers_are_light(self):
        problems = []
        for name in tracked(".h"):
            if name in HEAVY_HEADERS_ALLOWED or name.split("/")[0] not in ARROWS or "_test" in name:
                continue
            for number, line in enumerate(lines_of(name), 1):
                if HEAVY.match(line):
                    problems.append(f"{name}:{number}: {line.strip()} in a header")
        self.report(problems)

    def test_size(self):
        problems = []
        for name in tracked(".h", ".cc", ".py"):
            lines = lines_of(name)
            most = MOST_TEST_LINES if "_test" in name or name.startswith("tests/") else MOST_LINES
            if len(lines) > most:
                problems.append(f"{name}: {len(lines)} lines; one room is at most {most}")
            for number, line in enumerate(lines, 1):
                if len(line) > MOST_COLUMNS + (20 if name.endswith(".py") else 0):
                    problems.append(f"{name}:{number}: {len(line)} columns")
            if name.endswith(".cc") and name not in LONG_FUNCTIONS_ALLOWED:
                for start, length in functions(lines):
                    if length > MOST_FUNCTION_LINES:
                        problems.append(f"{name}:{start}: a function of {length} lines")
        self.report(problems)

    def test_nothing_left_over_and_nothing_banned(self):
        problems = []
        for name in tracked(".h", ".cc", ".py", ".sh", ".proto"):
            if name == "tests/tidy_test.py":
                continue
            for number, line in enumerate(lines_of(name), 1):
                if LEFTOVERS.search(line):
                    problems.append(f"{name}:{number}: a leftover: {line.strip()}")
                if name.endswith((".h", ".cc")) and "_test" not in name and not name.startswith("tests/"):
                    for pattern, remedy in BANNED.items():
                        if re.search(pattern, line):
                            problems.append(f"{name}:{number}: {line.strip()}: {remedy}")
        self.report(problems)

    def test_every_header_is_guarded_and_explained(self):
        problems = []
        for name in tracked(".h"):
            if name.split("/")[0] not in ARROWS:
                continue
            lines = lines_of(name)
            is_c = name == "workloads/plugin.h"
            if not is_c and "#pragma once" not in lines:
                problems.append(f"{name}: no #pragma once")
            if not lines[0].startswith(("//", "/*")):
                problems.append(f"{name}: does not begin by saying what it is for")
        self.report(problems)

    def test_format(self):
        if shutil.which("clang-format") is None:
            self.skipTest("clang-format is not installed")
        names = [name for name in tracked(".h", ".cc") if name.split("/")[0] in [*ROOMS, "tests"]]
        answer = subprocess.run(["clang-format", "--dry-run", *names], cwd=SOURCE, capture_output=True, text=True,
                                check=True)
        self.report(sorted({line.split(": warning")[0] for line in answer.stderr.splitlines() if ": warning" in line}))

    def test_docs_link_to_files_that_exist(self):
        problems = []
        for name in tracked(".md"):
            for number, line in enumerate(lines_of(name), 1):
                for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", line):
                    if re.match(r"[a-z]+:", target):
                        continue
                    if not (SOURCE / name).parent.joinpath(target).exists():
                        problems.append(f"{name}:{number}: links to {target}, which is not there")
        self.report(problems)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
