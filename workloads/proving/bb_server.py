"""A client of `bb msgpack run`: Barretenberg as a server on stdin and stdout, for warm proving.

A message is a 4-byte little-endian length and one MessagePack value. A request is
[[command, arguments]], an answer [command + "Response", results] or ["ErrorResponse", {"message"}].
Commands used here: CircuitComputeVk, CircuitProve, CircuitVerify. The reference string is read from
$CRS_PATH at the first command that needs it, and kept. The server ends when its stdin is closed.
"""

import base64
import gzip
import json
import struct
import subprocess

# What the command line calls `-t noir-recursive`.
SETTINGS = {
    "ipa_accumulation": False,
    "oracle_hash_type": "poseidon2",
    "disable_zk": False,
    "optimized_solidity_verifier": False,
}


def pack(value):
    """MessagePack of what requests are made of."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, str):
        text = value.encode()
        return b"\xd9" + struct.pack("B", len(text)) + text
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))
    if isinstance(value, dict):
        items = b"".join(pack(key) + pack(item) for key, item in value.items())
        return b"\xdf" + struct.pack(">I", len(value)) + items
    raise TypeError(type(value))


class _Unpacker:
    """Reads what answers are made of: maps, arrays, text, bytes, booleans, unsigned numbers."""

    def __init__(self, message):
        self.message = message
        self.place = 0

    def raw(self, length):
        self.place += length
        return self.message[self.place - length : self.place]

    def number(self, length):
        return int.from_bytes(self.raw(length), "big")

    def array(self, length):
        return [self.value() for _ in range(length)]

    def map(self, length):
        flat = self.array(2 * length)
        return dict(zip(flat[::2], flat[1::2]))

    def value(self):
        tag = self.number(1)
        if tag < 0x80:
            return tag
        if tag < 0x90:
            return self.map(tag & 0x0F)
        if tag < 0xA0:
            return self.array(tag & 0x0F)
        if tag < 0xC0:
            return self.raw(tag & 0x1F).decode()
        if tag in (0xC2, 0xC3):
            return tag == 0xC3
        sized = {0xC4: (1, self.raw), 0xC5: (2, self.raw), 0xC6: (4, self.raw),
                 0xD9: (1, self.raw), 0xDA: (2, self.raw), 0xDB: (4, self.raw),
                 0xDC: (2, self.array), 0xDD: (4, self.array),
                 0xDE: (2, self.map), 0xDF: (4, self.map)}  # fmt: skip
        if tag in sized:
            length, read = sized[tag]
            found = read(self.number(length))
            return found.decode() if 0xD9 <= tag <= 0xDB else found
        if 0xCC <= tag <= 0xCF:
            return self.number(1 << (tag - 0xCC))
        raise ValueError(f"MessagePack tag {tag:#x}")


def bytecode(program):
    """The ACIR of a compiled program as the server wants it; the same for a witness is gunzip."""
    with open(program, encoding="utf8") as file:
        return gzip.decompress(base64.b64decode(json.load(file)["bytecode"]))


class BbServer:
    """One server process; use it as a context manager."""

    def __init__(self, bb, environment):
        self.process = subprocess.Popen(
            [bb, "msgpack", "run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)

    def call(self, command, arguments):
        """The results of a command, or None where the server answered with an error."""
        request = pack([[command, arguments]])
        self.process.stdin.write(struct.pack("<I", len(request)) + request)
        self.process.stdin.flush()
        (length,) = struct.unpack("<I", self.process.stdout.read(4))
        name, results = _Unpacker(self.process.stdout.read(length)).value()
        if name == "ErrorResponse":
            return None
        assert name == command + "Response", name
        return results
