"""Mutations that leave a container whole and make its fields hostile.

Broken bytes are mostly refused at the door: a checksum fails, a bracket is missing. What is
made here passes the door: an image whose header announces a terabyte, a MATLAB array with a
thousand dimensions, XML that unfolds to gigabytes, YAML whose aliases grow, a .npz whose arrays
are of another type. `hostile` chooses by what a file is, not by its name.
"""

import base64
import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from itertools import pairwise

import numpy as np

BOMB_BYTES = 2**26  # that bombs unfold to: enough to be noticed, quick to make
INTEGERS = (0, 1, -1, 2, 5, 7, 8, 72, 127, 255, 1000, 32767, -32768, 2**31 - 1, -(2**31))
FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-45, 1e-30, 3e38, -3e38, np.inf, -np.inf, np.nan, 351.5, 1e9)
NIFTI1 = {  # places and forms of the header's fields
    "sizeof_hdr": (0, "i"), "dim": (40, "8h"), "intent": (56, "3f"), "intent_code": (68, "h"),
    "datatype": (70, "h"), "bitpix": (72, "h"), "slice_start": (74, "h"), "pixdim": (76, "8f"),
    "vox_offset": (108, "f"), "scl": (112, "2f"), "slice_end": (120, "h"), "units": (123, "B"),
    "cal": (124, "4f"), "codes": (252, "2h"), "quatern": (256, "6f"), "srow": (280, "12f"),
    "extension": (348, "2i"),
}  # fmt: skip
NIFTI2 = {
    "sizeof_hdr": (0, "i"), "datatype": (12, "h"), "bitpix": (14, "h"), "dim": (16, "8q"),
    "intent": (80, "3d"), "pixdim": (104, "8d"), "vox_offset": (168, "q"), "scl": (176, "2d"),
    "codes": (344, "2i"), "quatern": (352, "6d"), "srow": (400, "12d"), "units": (500, "i"),
}  # fmt: skip
MGH = {
    "version": (0, "i"), "dims": (4, "4i"), "type": (20, "i"), "dof": (24, "i"),
    "good": (28, "h"), "delta": (30, "3f"), "axes": (42, "9f"), "centre": (78, "3f"),
}  # fmt: skip
DEEP = 5000
WORDS = (  # of JSON and YAML that parsers and their users stumble over
    "9" * 400, "-" + "9" * 5000, "1" + "0" * 400 + ".5", "NaN", "Infinity", '"\\ud800"',
    '"\\u0000"', "1e999", "[" * DEEP + "]" * DEEP, "true", "null", "[]", "{}", "[[[]]]", '""',
    "1e308", json.dumps("x" * 100_000), '"=HYPERLINK(1)"', "-0.0", "5e-324", '"²"', '"$x_{$"',
)  # fmt: skip
YAML_WORDS = (
    "!!bool maybe", "!!timestamp x", '!!int ""', "!!float []", ".nan", ".inf", "-.inf",
    "!!null x",
    "!!python/object/apply:os.system [echo]", "!!binary x", "!!set {a, b}", "0o777", "1:30:00",
    "2001-01-01", "0x" + "f" * 400, "&a [*a, *a]", "*nothing", "!!omap [a: 1]", "? [a]\n: b",
    "'" + "x" * 100_000 + "'", "\"\\ud800\"", "~", "yes", "!!str 5", "1_000", "<<: 5",
)  # fmt: skip
CELLS = (
    "x" * 140_000,
    "²",
    "１２",
    "9" * 5000,
    "1e400",
    "nan",
    "=1+1",
    "\x1f",
    "1_0",
    "٣",
    "½",
)
ATTRIBUTE = re.compile(
    rb"(Dim\d|Dimensionality|DataType|Encoding|Endian|ArrayIndexingOrder|"
    rb'NumberOfDataArrays|Intent|ExternalFileName|ExternalFileOffset)="[^"]*"'
)
ATTRIBUTES = (
    b"", b"0", b"1", b"2", b"3", b"7", b"-1", b"1e3", b"4294967296", b"9" * 30, b"9" * 5000,
    b"NIFTI_TYPE_FLOAT64", b"NIFTI_TYPE_COMPLEX64", b"NIFTI_TYPE_RGB24", b"NIFTI_TYPE_FLOAT128",
    b"NIFTI_TYPE_UINT8", b"ASCII", b"Base64Binary", b"GZipBase64Binary", b"ExternalFileBinary",
    b"BigEndian", b"ColumnMajorOrder", b"NIFTI_INTENT_POINTSET", b"NIFTI_INTENT_TRIANGLE",
    b"NIFTI_INTENT_LABEL", b"/etc/passwd", "²".encode(),
)  # fmt: skip


def hostile(data, rng):
    """Return a file of the same kind with hostile fields; None for kinds without one here."""
    if data[:2] == b"\x1f\x8b":
        return gzipped(data, rng)
    kinds = (
        (data[344:348] in (b"n+1\0", b"ni1\0"), lambda: header(data, rng, NIFTI1, "<")),
        (data[4:8] in (b"n+2\0", b"ni2\0"), lambda: header(data, rng, NIFTI2, "<")),
        (data[:4] == b"\0\0\0\1" and len(data) > 284, lambda: header(data, rng, MGH, ">")),
        (data[:10] == b"MATLAB 5.0", lambda: matlab(data, rng)),
        (data[:4] == b"PK\3\4", lambda: archive(data, rng)),
        (data.lstrip()[:1] == b"<", lambda: xml(data, rng)),
        (data[:3] in (b"\xff\xff\xfe", b"\xff\xff\xff"), lambda: counts(data, rng)),
        (_is_json(data), lambda: json_words(data, rng)),
        (_is_text(data), lambda: text_words(data, rng)),
    )
    made = next((make for fits, make in kinds if fits), None)
    return made() if made else counts(data, rng)


def gzipped(data, rng):
    """Make the content hostile, or the wrapping: members, a bomb, a checksum that is wrong."""
    content = gzip.decompress(data)
    action = rng.randrange(16)
    size = rng.choice((1, 2**10, 2**20, BOMB_BYTES))
    if action == 0:
        return data + gzip.compress(bytes(size), 1)
    if action == 1:
        return gzip.compress(content[: rng.randrange(len(content) + 1)] + bytes(size), 1)
    if action == 2:
        return data[:-8] + rng.randbytes(8)
    if action == 3:
        return gzip.compress(data)
    return gzip.compress(hostile(content, rng) or content, 1)


def header(data, rng, fields, order):
    """Set one to three numbers of a header; sometimes announce many voxels and have them."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        place, form = fields[rng.choice(list(fields))]
        count, letter = int(form[:-1] or 1), form[-1]
        size = struct.calcsize(letter)
        for at in rng.sample(range(count), rng.choice((1, count))):
            if place + (at + 1) * size <= len(out):
                struct.pack_into(order + letter, out, place + at * size, _number(rng, letter))
    if rng.random() < 0.01:
        name = "dims" if "dims" in fields else "dim"
        place, form = fields[name]
        sides = (256, 256, 256, 1) if name == "dims" else (3, 256, 256, 256)
        struct.pack_into(order + f"4{form[-1]}", out, place, *sides)
        out += bytes(8 * 256**3)  # as large as a head's, whatever its numbers are
    return bytes(out)


def _number(rng, letter):
    if letter in "fd":
        return rng.choice(FLOATS)
    bits = 8 * struct.calcsize(letter)
    value = rng.choice((*INTEGERS, 2 ** (bits - 1) - 1, rng.getrandbits(bits)))
    return (
        value % 2**bits
        if letter.isupper()
        else (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    )


def counts(data, rng):
    """Set a 32-bit number near the beginning or anywhere."""
    if len(data) < 8:
        return data * 2
    out = bytearray(data)
    place = rng.randrange(min(len(data) - 4, rng.choice((64, len(data)))))
    struct.pack_into(rng.choice("<>") + "i", out, place, _number(rng, "i"))
    return bytes(out)


def element(kind, body):
    """Spell one element of a MATLAB file."""
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def matrix(dims, numbers, kind=6, stored=9):
    """Spell a MATLAB array with any dimensions."""
    return element(14, element(6, struct.pack("<II", kind, 0))
                   + element(5, struct.pack(f"<{len(dims)}i", *dims))
                   + element(1, b"matsimnibs") + element(stored, numbers))  # fmt: skip


def matlab(data, rng):
    """Append an array, deep, wide or packed; or set a length or a dimension."""
    one = struct.pack("<16d", *np.eye(4).ravel())
    few, many = rng.choice((0, 1, 2, 33, 65, 1000)), rng.choice((1, 1000, 50_000))
    nested = matrix((4, 4), one)
    for _ in range(rng.choice((1, 20, 40))):
        cell = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<2i", 1, 1))
        nested = element(14, cell + element(1, b"") + nested)
    parts = (
        matrix((1,) * few, struct.pack("<d", 1.0)),
        matrix((rng.choice(INTEGERS) % 2**31, 4), one),
        matrix((4, 4, many), one * many if many < 2000 else one),
        matrix((4, 4), one, kind=rng.randrange(20), stored=rng.randrange(20)),
        matrix((many * 100,), bytes(many * 100), stored=1),
        matrix((1, many * 100), b"a" * (many * 100), kind=4, stored=2),
        matrix((4, 4), one) * min(many, 5000),
        nested,
    )
    part = rng.choice(parts)
    action = rng.randrange(4)
    if action == 0:
        return data + part
    if action == 1:
        packed = zlib.compress(part, 9)
        return data[:128] + struct.pack("<II", 15, len(packed)) + packed
    if action == 2:
        packed = zlib.compress(bytes(rng.choice((8, 2**20, BOMB_BYTES))), 1)
        return data[:128] + struct.pack("<II", 15, len(packed)) + packed
    return data[:128] + counts(data[128:], rng)


def archive(data, rng):
    """Leave out, add, swap or retype arrays of an .npz file; or make one unfold."""
    with zipfile.ZipFile(io.BytesIO(data)) as stored:
        members = {name: stored.read(name) for name in stored.namelist()}
    name = rng.choice(list(members))
    action = rng.randrange(8)
    way = zipfile.ZIP_DEFLATED
    if action == 0:
        del members[name]
    elif action == 1:
        members["more.npy"] = members[name]
    elif action == 2:
        members[name] = members[rng.choice(list(members))]
    elif action == 3:
        members[name] = _saved(rng)
    elif action == 4:
        members[name] = _announcing(members[name], rng)
    elif action == 5:
        members[name] = rng.choice((b"", b"\x93NUMPY", rng.randbytes(64), members[name][:-1]))
    elif action == 6:
        members[name] += bytes(BOMB_BYTES)
    else:
        members[rng.choice(("../x.npy", "a.npy", "/x.npy", name + "/", "x"))] = members[name]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((way, zipfile.ZIP_STORED))) as made:
        for key, content in members.items():
            made.writestr(key, content)
    return out.getvalue()


def _saved(rng):
    """Spell an array of another type, shape or content."""
    arrays = (
        np.zeros(0), np.zeros((0, 3)), np.float64(1), np.full((4, 3), np.nan), np.array("x"),
        np.full(3, 1e300), np.array([b"x"]), np.zeros((2, 2, 2, 2)), np.array(-1),
        np.array([1 + 2j]), np.array(["a", "b"]), np.array("2001-01-01", "datetime64[D]"),
        np.zeros(3, [("a", "f4"), ("b", "i8")]), np.array([True]), np.array(2**62),
    )  # fmt: skip
    out = io.BytesIO()
    np.save(out, rng.choice(arrays), allow_pickle=False)
    return out.getvalue()


def _announcing(content, rng):
    """Replace an array's shape, type or order in its own header."""
    head = content.find(b"{"), content.find(b"}") + 1
    shape = rng.choice(("()", "(-1,)", "(10**9, 10**9)", "(1000000000, 1000000000)", "(2, 3)",
                        "(0,)", "(1,)*70", "'x'", "(1.5,)"))  # fmt: skip
    descr = rng.choice(("'<f8'", "'|O'", "'<U99999999'", "'<M8[ns]'", "[('a', '<f8')]", "'x'"))
    order = rng.choice(("True", "False", "5"))
    said = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    padded = said.ljust(64 * (1 + (len(said) + 11) // 64) - 11) + b"\n"
    return content[:8] + struct.pack("<H", len(padded)) + padded + content[head[1] :]


def xml(data, rng):
    """Set attributes, unfold a packed array, nest, declare entities or change the encoding."""
    action = rng.randrange(8)
    found = list(ATTRIBUTE.finditer(data))
    if action < 4 and found:
        for _ in range(rng.choice((1, 1, 2))):
            hit = rng.choice(list(ATTRIBUTE.finditer(data)) or found)
            name = hit[0].split(b"=")[0]
            value = rng.choice(ATTRIBUTES)
            data = data[: hit.start()] + name + b'="' + value + b'"' + data[hit.end() :]
        return data
    if action == 4:
        bomb = base64.b64encode(zlib.compress(bytes(BOMB_BYTES), 1))
        side = str(BOMB_BYTES // 12).encode()
        data = re.sub(rb"<Data>[^<]*</Data>", b"<Data>" + bomb + b"</Data>", data, count=1)
        return re.sub(rb'Dim0="\d+"', b'Dim0="' + side + b'"', data, count=rng.randrange(3))
    start = data.find(b">", data.find(b"?>") + 2) + 1
    if action == 5:
        deep = rng.choice((10, 200, 20_000))
        return data[:start] + b"<a>" * deep + b"</a>" * deep + data[start:]
    if action == 6:
        laugh = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">'
        laugh += b'<!ENTITY c SYSTEM "/etc/passwd">]>'
        place = data.find(b"?>") + 2 if b"?>" in data else 0
        return (
            data[:place] + laugh + re.sub(rb">([^<>&]+)<", b">&b;&c;<", data[place:], count=1)
        )
    try:
        return data.decode("utf-8").encode(
            rng.choice(("utf-16", "utf-16-be", "utf-32", "cp037"))
        )
    except UnicodeError:
        return counts(data, rng)


def json_words(data, rng):
    """Put a word that hurts in place of a value, twice the same key, or a new key."""
    text = data.decode()
    values = list(
        re.finditer(r'(?<=[:\[,])\s*("[^"\\]*"|-?\d[\d.eE+-]*|true|false|null)', text)
    )
    if not values:
        return rng.choice(WORDS).encode()
    hit = rng.choice(values)
    keys = re.findall(r'"[^"\\]*"(?=\s*:)', text)
    if rng.random() < 0.2 and keys and text.lstrip()[0] == "{":
        place = text.index("{") + 1
        return f"{text[:place]}{rng.choice(keys)}: {rng.choice(WORDS)},{text[place:]}".encode()
    return (text[: hit.start()] + rng.choice(WORDS) + text[hit.end() :]).encode()


def text_words(data, rng):
    """Put a word that hurts in place of a word, a cell or a YAML value; or let aliases grow."""
    text = data.decode()
    if rng.random() < 0.1 and re.search(r"^\w+:", text, re.MULTILINE):
        names = "abcdefghij"
        rows = [f'{names[0]}: &{names[0]} ["x"]']
        rows += [f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]" for m, n in pairwise(names)]
        return f"{text}\n{chr(10).join(rows)}\n".encode()
    cells = list(re.finditer(r"[^\s,;:()\[\]{}=]+", text))
    if not cells:
        return (text + rng.choice(CELLS)).encode()
    hit = rng.choice(cells)
    word = rng.choice((*CELLS, *YAML_WORDS, *WORDS) if b": " in data else (*CELLS, *WORDS))
    return (text[: hit.start()] + word + text[hit.end() :]).encode()


def _is_json(data):
    return data.lstrip()[:1] in (b"{", b"[") and _is_text(data)


def _is_text(data):
    try:
        return b"\0" not in data and bool(data.decode())
    except UnicodeDecodeError:
        return False
