#!/usr/bin/env python3
"""Who may say what: certificates are identities, TLS is 1.3, plaintext stays on loopback."""
import shutil
import subprocess
import sys
import unittest

from fleet import BIN, Fleet


class IdentityTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(agents=["a"])
        cls.fleet.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__(None, None, None)

    def run_agent(self, certificate, *flags):
        """An agent that is expected to give up by itself."""
        fleet = self.fleet
        return subprocess.run([str(word) for word in [
            BIN / "bench-agent", "--coordinator", f"127.0.0.1:{fleet.port}", "--state-dir",
            fleet.directory / f"state-x-{certificate}", *fleet.tls(certificate), *flags]],
            capture_output=True, text=True, timeout=60, env=fleet.environment)

    def test_an_agent_speaks_only_for_itself(self):
        self.fleet.issue("agent", "mallory")
        answer = self.run_agent("mallory", "--name", "a")
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn("mallory", answer.stderr)
        self.assertEqual(self.fleet.connected(), {"a"})

    def test_an_agents_certificate_does_not_control_the_fleet(self):
        answer = self.fleet.benchctl("jobs", "--cert", self.fleet.certs / "a.pem",
                                     "--key", self.fleet.certs / "a.key", check=False)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("role 'agent' may not control the fleet", answer.stderr)

    def test_a_stranger_with_another_ca_is_refused(self):
        fleet = self.fleet
        other = fleet.directory / "other"
        fleet.benchctl("ca", "init", "--dir", other / "ca")
        fleet.benchctl("ca", "issue", "--dir", other / "ca", "--role", "client", "--name", "client",
                       "--out", other)
        answer = fleet.benchctl("jobs", "--ca", fleet.certs / "ca.pem", "--cert", other / "client.pem",
                                "--key", other / "client.key", check=False)
        self.assertEqual(answer.returncode, 1)

    def test_only_tls_1_3_is_spoken(self):
        if shutil.which("openssl") is None:
            self.skipTest("no openssl program")
        fleet = self.fleet

        def handshake(version):
            return subprocess.run(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{fleet.port}", version, "-alpn", "h2",
                 "-cert", fleet.certs / "client.pem", "-key", fleet.certs / "client.key"],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=30).stdout.decode(errors="replace")

        self.assertIn("New, TLSv1.3", handshake("-tls1_3"))
        self.assertIn("New, (NONE)", handshake("-tls1_2"))

    def test_plaintext_is_for_loopback_only(self):
        answer = subprocess.run(
            [BIN / "bench-coordinator", "--insecure-plaintext", "--listen", "0.0.0.0:0", "--http", "",
             "--data-dir", self.fleet.directory / "plain"], capture_output=True, text=True, timeout=60)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("plaintext is for loopback only", answer.stderr)

    def test_without_certificates_the_remedy_is_named(self):
        answer = subprocess.run(
            [BIN / "bench-coordinator", "--data-dir", self.fleet.directory / "none", "--http", "",
             "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("benchctl ca init", answer.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
