#!/usr/bin/env python3
"""deploy/install-provers: a real installation, its repair, and what it says when it cannot.

Needs bench-refstring (in $BENCHFLEET_BIN_DIR or a build folder) and the npm registry; where one is
missing the tests that need it are skipped by name, and the exit code is 77.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "install-provers"
UNREACHABLE = "http://127.0.0.1:9"
# What node says when nobody can be reached. Anything else that goes wrong is a failure of ours.
NO_NETWORK = re.compile(r"\b(EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|ETIMEDOUT)\b")


def install(*arguments, **environment):
    changed = {key: value for key, value in os.environ.items() if key not in ("CRS_PATH", "BENCHFLEET_PROVERS")}
    return subprocess.run(
        [str(SCRIPT), *map(str, arguments)],
        env=changed | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


class InstallTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="install test ")  # with a space in its name
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)

    def assert_one_line(self, result, code, *fragments):
        self.assertEqual(code, result.returncode, result.stdout + result.stderr)
        self.assertEqual(1, len(result.stderr.splitlines()), result.stderr)
        for fragment in fragments:
            self.assertIn(fragment, result.stderr)

    def need_refstring(self):
        built = list(ROOT.glob("build/*/bin/bench-refstring"))
        if not built and "BENCHFLEET_BIN_DIR" not in os.environ:
            self.skipTest("bench-refstring is not built")

    def test_a_misspelt_argument_is_named(self):
        self.assert_one_line(install("--dri", "x"), 2, "'--dri'", "--dir, --crs or --ptau")
        self.assert_one_line(install("--dir"), 2, "--dir needs a directory")
        self.assert_one_line(install("--ptau"), 2, "--ptau needs a file")

    def test_an_unreachable_registry_is_one_line(self):
        self.need_refstring()
        unreachable = {"npm_config_registry": UNREACHABLE, "npm_config_cache": str(self.work / "cache")}
        result = install("--dir", self.work / "to", **unreachable)
        self.assert_one_line(result, 1, "npm", "registry", "ECONNREFUSED")
        self.assertFalse((self.work / "to" / "provers.json").exists())

    def test_a_folder_without_reference_string_is_refused(self):
        self.assert_one_line(install("--dir", self.work / "to", "--crs", self.work), 1, "bn254_g1.dat")
        self.assert_one_line(install("--dir", self.work / "to", CRS_PATH=str(self.work)), 1, "bn254_g1.dat")

    def test_powers_of_tau_that_are_none_are_refused(self):
        (self.work / "no.ptau").write_text("something else")
        for name in ("no.ptau", "missing.ptau"):
            result = install("--dir", self.work / "to", "--ptau", self.work / name)
            self.assert_one_line(result, 1, name, "expected one that snarkjs prepared")

    def test_a_place_that_cannot_be_written_is_named(self):
        (self.work / "file").write_text("in the way")
        self.assert_one_line(install("--dir", self.work / "file" / "to"), 1, "cannot write to")

    def test_without_node_a_user_is_told_what_to_install(self):
        tools = self.work / "tools"
        tools.mkdir()
        for folder in ("/bin", "/usr/bin"):
            for name in os.listdir(folder):
                if name not in ("node", "nodejs", "npm", "id") and not (tools / name).is_symlink():
                    (tools / name).symlink_to(f"{folder}/{name}")
        (tools / "id").write_text("#!/bin/sh\necho 1000\n")
        (tools / "id").chmod(0o755)
        result = install("--dir", self.work / "to", PATH=str(tools))
        self.assert_one_line(result, 1, "Node.js with npm is needed", "apt-get install nodejs npm")

    def test_installs_checks_and_repairs(self):
        self.need_refstring()
        to = self.work / "to"
        first = install("--dir", to)
        if first.returncode != 0 and NO_NETWORK.search(first.stderr):
            self.skipTest(first.stderr.strip())
        self.assertEqual(0, first.returncode, first.stderr)
        self.assertIn("INSECURE test reference string", first.stdout)
        manifest = json.loads((to / "provers.json").read_text())
        self.assertEqual([], manifest["real"])
        self.assertEqual("test-crs-INSECURE", manifest["installed"]["crs"])
        self.assertIn("noir_js 1.0.0-beta.26, snarkjs 0.7.6", manifest["versions"])
        self.assertEqual(5, len(list((to / "descriptions").glob("*.yaml"))))

        second = install("--dir", to, npm_config_registry=UNREACHABLE)
        self.assertEqual(0, second.returncode, second.stderr)
        self.assertEqual(1, len(second.stdout.splitlines()), second.stdout)

        # What is damaged is made again; what is sound is not fetched again.
        with (to / "test-crs-INSECURE" / "bn254_g1.dat").open("r+b") as file:
            file.write(b"damaged")
        (to / "circuits" / "age.json").unlink()
        third = install("--dir", to, npm_config_registry=UNREACHABLE)
        self.assertEqual(0, third.returncode, third.stderr)
        self.assertNotIn("fetching", third.stdout)
        self.assertEqual(manifest, json.loads((to / "provers.json").read_text()))

        # Given powers of tau are used as they are.
        ptau = self.work / "given.ptau"
        ptau.write_bytes(b"ptau and so on")
        given = install("--dir", to, "--ptau", ptau, npm_config_registry=UNREACHABLE)
        self.assertEqual(0, given.returncode, given.stderr)
        manifest = json.loads((to / "provers.json").read_text())
        self.assertEqual((str(ptau), ["ptau"]), (manifest["installed"]["ptau"], manifest["real"]))

        # Our own string given as a real one: the untouched bb must not verify under it.
        given = install("--dir", to, "--crs", to / "test-crs-INSECURE", npm_config_registry=UNREACHABLE)
        self.assert_one_line(given, 1, "verifying", "the one that bb knows")
        self.assertFalse((to / "provers.json").exists())


if __name__ == "__main__":
    outcome = unittest.main(verbosity=2, exit=False).result
    sys.exit(1 if not outcome.wasSuccessful() else 77 if outcome.skipped else 0)
