#!/usr/bin/env python3
"""Prepare a Deno that can compile without Deno's download host. For tests, not for releases.

`deno compile` copies a runtime, `denort`, into its output and fetches it from a host that a machine behind a registry mirror
cannot reach. The PyPI package bids-validator-deno (MIT) up to 2.4.1 ships programs that Deno 2.6.10 compiled: runtime first,
payload behind it. This removes the payload and puts the runtimes where Deno 2.6.10 searches for them.

Prints shell assignments: DENO (the Deno 2.6.10 executable) and DENO_DIR (its cache, with the runtimes in it).
Usage: eval "$(python3 .ci/denort.py [CACHE_DIR])"
"""

import hashlib
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

DENO_VERSION = "2.6.10"
WHEEL = "bids-validator-deno==2.4.1"
# target -> (pip platform, SHA-256 of the wheel)
TARGETS = {
    "x86_64-unknown-linux-gnu": ("manylinux_2_28_x86_64", "5087fcd13341f529b5404792a74e22f570e50f17e5ea4cabe9c91b1caf74cbf4"),
    "x86_64-apple-darwin": ("macosx_11_0_x86_64", "18126fed28115efbe767fc3cb558c7ebb4d215b443ac8f005c78faaaf13e0518"),
    "aarch64-apple-darwin": ("macosx_11_0_arm64", "45ecc93d9e6da8ff23529dc03c128ecc5f6527155dc0a10ec00aca020bcd250f"),
}

LC_SEGMENT_64, LC_SYMTAB, LC_DYSYMTAB, LC_CODE_SIGNATURE = 0x19, 0x2, 0xB, 0x1D
LINKEDIT_DATA = {0x1D, 0x26, 0x29, 0x2B, 0x2E, 0x36, 0x80000033, 0x80000034}
DYLD_INFO = {0x22, 0x80000022}


def runtime_of(program: bytes) -> bytes:
    """The bytes of the runtime that a compiled program was made from."""
    if program[:4] == b"\x7fELF":
        return without_elf_payload(program)
    if struct.unpack_from("<I", program)[0] == 0xFEEDFACF:
        return without_macho_payload(program)
    raise ValueError("neither an ELF nor a 64-bit Mach-O file")


def without_elf_payload(program: bytes) -> bytes:
    """ELF: payload and a 16-byte trailer (magic, name hash, length) are at the end."""
    magic, _, length = struct.unpack("<IIQ", program[-16:])
    if magic != 0x501E:
        raise ValueError("no payload trailer")
    return program[:-length]


def without_macho_payload(program: bytes) -> bytes:
    _, _, _, _, ncmds, sizeofcmds, _, _ = struct.unpack_from("<8I", program)
    commands, at = [], 32
    for _ in range(ncmds):
        cmd, size = struct.unpack_from("<II", program, at)
        commands.append((cmd, size, at))
        at += size
    segments = {
        program[at + 8 : at + 24].rstrip(b"\0"): (at, size, *struct.unpack_from("<4Q", program, at + 24))
        for cmd, size, at in commands
        if cmd == LC_SEGMENT_64
    }
    if b"__SUI" in segments:
        return without_macho_segment(program, commands, segments, ncmds, sizeofcmds)
    return without_macho_tail(program, commands, segments, ncmds, sizeofcmds)


def without_macho_segment(program, commands, segments, ncmds, sizeofcmds) -> bytes:
    """arm64: the payload is a segment before __LINKEDIT; take it out and move __LINKEDIT back."""
    sui_at, sui_size, _, sui_vmsize, sui_offset, sui_filesize = segments[b"__SUI"]
    link_at, _, link_vmaddr, _, link_offset, link_filesize = segments[b"__LINKEDIT"]
    out = bytearray(program)

    def move_back(at):
        value = struct.unpack_from("<I", out, at)[0]
        if value and link_offset <= value <= link_offset + link_filesize:
            struct.pack_into("<I", out, at, value - sui_filesize)

    for cmd, _, at in commands:
        if cmd == LC_SYMTAB:
            fields = (8, 16)
        elif cmd == LC_DYSYMTAB:
            fields = (32, 40, 48, 56, 64, 72)
        elif cmd in LINKEDIT_DATA:
            fields = (8,)
        elif cmd in DYLD_INFO:
            fields = (8, 16, 24, 32, 40)
        else:
            fields = ()
        for field in fields:
            move_back(at + field)
    struct.pack_into("<Q", out, link_at + 24, link_vmaddr - sui_vmsize)
    struct.pack_into("<Q", out, link_at + 40, link_offset - sui_filesize)
    struct.pack_into("<2I", out, 16, ncmds - 1, sizeofcmds - sui_size)
    commands_end = 32 + sizeofcmds
    head = out[:sui_at] + out[sui_at + sui_size : commands_end] + bytes(sui_size)
    return bytes(head + out[commands_end:sui_offset] + out[sui_offset + sui_filesize :])


def without_macho_tail(program, commands, segments, ncmds, sizeofcmds) -> bytes:
    """x86_64: the payload follows a sentinel behind __LINKEDIT, and a signature follows the payload."""
    sentinel = b"<~sui-data~>" + bytes([0xEF, 0xBE, 0xAD, 0xDE])
    end = program.rfind(sentinel)
    if end < 0:
        raise ValueError("no payload sentinel")
    out = bytearray(program[:end])
    link_at, _, _, _, link_offset, _ = segments[b"__LINKEDIT"]
    filesize = end - link_offset
    struct.pack_into("<Q", out, link_at + 32, (filesize + 0xFFF) & ~0xFFF)
    struct.pack_into("<Q", out, link_at + 48, filesize)
    for cmd, _, at in commands:
        if cmd == LC_SYMTAB:
            strings = struct.unpack_from("<I", out, at + 16)[0]
            struct.pack_into("<I", out, at + 20, end - strings)
    cmd, size, at = commands[-1]
    if cmd == LC_CODE_SIGNATURE:
        struct.pack_into("<2I", out, 16, ncmds - 1, sizeofcmds - size)
        out[at : at + size] = bytes(size)
    return bytes(out)


def pip(*args: str) -> None:
    """Run pip with its output on standard error: standard output is for the shell."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *args]
    subprocess.run(command, check=True, stdout=sys.stderr)


def provide_runtime(target: str, zip_path: pathlib.Path) -> None:
    platform, sha256 = TARGETS[target]
    with tempfile.TemporaryDirectory() as folder:
        pip("download", "--no-deps", "--only-binary", ":all:", "--platform", platform, "--dest", folder, WHEEL)
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != sha256:
            raise ValueError(f"{wheel.name} is not the file expected")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [n for n in archive.namelist() if n.endswith("/scripts/bids-validator-deno")]
            runtime = runtime_of(archive.read(name))
    partial = zip_path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("denort")
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, runtime)
    partial.replace(zip_path)


def main() -> None:
    default = pathlib.Path.home() / ".cache" / "jamf-pulse-denort"
    cache = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else default).resolve()
    runtimes = cache / "deno_dir" / "dl" / "release" / f"v{DENO_VERSION}"
    runtimes.mkdir(parents=True, exist_ok=True)
    for target in TARGETS:
        zip_path = runtimes / f"denort-{target}.zip"
        if not zip_path.exists():
            provide_runtime(target, zip_path)
    deno = cache / f"deno-{DENO_VERSION}" / "bin" / "deno"
    if not deno.exists():
        pip("install", "--target", str(deno.parent.parent), "--upgrade", f"deno=={DENO_VERSION}")
    print(f"export DENO='{deno}' DENO_DIR='{cache / 'deno_dir'}'")


if __name__ == "__main__":
    main()
