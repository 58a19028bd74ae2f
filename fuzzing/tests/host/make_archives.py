"""Writes archives of random files, each with what was put in, to standard output.

usage: make_archives.py SEED COUNT python|gnu

A record is: length of the archive, archive, number of entries; then for each entry a byte that is
1 for a directory, length of the name, name, length of the content, content. Lengths are 32 bits,
little endian. With `gnu` the archives are made by the program tar.
"""
import io
import os
import random
import struct
import subprocess
import sys
import tarfile
import tempfile

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
LETTERS = "abcXYZ019 -_.,()é中😀"


def part(source, most):
    name = "".join(source.choice(LETTERS) for _ in range(source.randint(1, most)))
    while len(name.encode()) > 255:
        name = name[:-1]
    return name if name.strip(".") else "n" + name


def tree(source, kind):
    """Entries in an order in which each directory comes before what is in it."""
    entries, folders = {}, [""]
    for _ in range(source.randint(0, 12)):
        most = 12 if kind == "ustar" else source.choice([12, 12, 60, 200])
        name = source.choice(folders) + part(source, most)
        if name in entries or name + "/" in folders or len(name.encode()) > 900:
            continue
        if kind == "ustar" and len(name.encode()) > 99:
            continue
        if source.random() < 0.25:
            entries[name] = None
            folders.append(name + "/")
        else:
            size = source.choice([0, 1, 511, 512, 513, source.randint(0, 5000)])
            entries[name] = source.randbytes(size)
    return entries


def by_python(source, kind, entries):
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=FORMATS[kind]) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.mtime = source.choice([0, 1, 1700000000, 1700000000.5 if kind == "pax" else 2])
            info.mode = source.choice([0o644, 0o755, 0o7777])
            info.uid = info.gid = source.choice([0, 1000, 2097151])
            if content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


def by_tar(source, kind, entries):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in entries.items():
            path = os.path.join(folder, name)
            if content is None:
                os.mkdir(path)
            else:
                with open(path, "wb") as file:
                    file.write(content)
        names = b"".join(os.fsencode(name) + b"\0" for name in entries)
        command = ["tar", "--format=" + kind, "--no-recursion", "--null", "--verbatim-files-from"]
        command += ["-C", folder, "-T", "-", "-cf", "-"]
        return subprocess.run(command, input=names, stdout=subprocess.PIPE, check=True).stdout


def main():
    seed, count, maker = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    source = random.Random(seed)
    output = sys.stdout.buffer
    for _ in range(count):
        kind = source.choice(sorted(FORMATS))
        entries = tree(source, kind)
        archive = (by_python if maker == "python" else by_tar)(source, kind, entries)
        output.write(struct.pack("<I", len(archive)) + archive + struct.pack("<I", len(entries)))
        for name, content in entries.items():
            encoded = name.encode()
            output.write(struct.pack("<BI", content is None, len(encoded)) + encoded)
            output.write(struct.pack("<I", len(content or b"")) + (content or b""))


main()
