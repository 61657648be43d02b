#!/usr/bin/env python3
"""deploy/quickstart from end to end, in a home of its own: the table with real proofs, and again, from its store."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from fleet import SOURCE, free_port, skip


class QuickstartTest(unittest.TestCase):
    def test_it_prints_the_table_and_can_be_called_again(self):
        with tempfile.TemporaryDirectory(prefix="bf-quickstart-") as home:
            port = free_port()
            environment = dict(os.environ, BENCHFLEET_HOME=home, BENCHFLEET_PORT=str(port), NO_COLOR="1",
                               BENCHFLEET_HTTP_PORT=str(free_port(above=port)))

            def call(*arguments):
                return subprocess.run([SOURCE / "deploy/quickstart", *arguments], cwd=home, env=environment,
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)

            try:
                for known in (False, True):
                    answer = call()
                    self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
                    # The second call measures nothing: same build, same provers, same jobs.
                    self.assertEqual(answer.stdout.count("measured before by this build"), 2 if known else 0)
                    for word in ("proving.prove", "ultrahonk-bb", "circuit=age", "crypto.sha256", "local-1", "local-2",
                                 "median", "groth16-snarkjs", "remote wan", "server_only wan", "encryption_only wan",
                                 "reports: ./first-sweep.html ./proving-sweep.html"):
                        self.assertIn(word, answer.stdout)
                    for page in ("first-sweep.html", "proving-sweep.html"):
                        self.assertTrue((pathlib.Path(home) / page).stat().st_size > 1000)
            finally:
                self.assertEqual(call("--stop").returncode, 0)


if __name__ == "__main__":
    if not os.environ.get("BENCHFLEET_PROVERS") or not pathlib.Path(os.environ["BENCHFLEET_PROVERS"],
                                                                     "provers.json").exists():
        skip("no provers are installed (deploy/install-provers)")
    if not pathlib.Path(os.environ.get("BENCHFLEET_BIN_DIR", "")).samefile(SOURCE / "build/release/bin"):
        skip("quickstart uses the release build")
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
