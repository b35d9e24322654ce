"""Documents for agents: bytes of a file in, passages out. Pure; nothing is fetched, run or followed.

Parsers: pypdf (pdf), python-docx (docx), csv and plain text by hand. What is refused says why: unknown kinds, encrypted
files, files without text (scans), and files that would unpack to more than they look.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapport.errors import Invalid

FILE_TYPES = ("pdf", "txt", "md", "docx", "csv")
MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_PAGES = 2_000
MAX_PASSAGES = 5_000
PASSAGE_WORDS = 90
"""Words aimed at per passage: with its heading it stays under the 128 word pieces that the default encoder reads."""


@dataclass(frozen=True, slots=True)
class Section:
    """A run of text under one heading, of one page where the format has pages."""

    text: str
    heading: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, searched and cited. `position` counts from 0 in the document."""

    position: int
    text: str
    heading: str | None = None
    page: int | None = None


def file_type(filename: str) -> str:
    """The kind of file by its ending. Raises Invalid for kinds that are not read."""
    ending = filename.rpartition(".")[2].lower()
    ending = {"markdown": "md", "text": "txt"}.get(ending, ending)
    if ending not in FILE_TYPES:
        raise Invalid(f"Files of this kind are not read: {filename!r}. Upload one of {', '.join(FILE_TYPES)}.")
    return ending


def passages(filename: str, content: bytes) -> tuple[Passage, ...]:
    """The document's passages in order. Raises Invalid where it is too large, encrypted, broken or holds no text."""
    kind = file_type(filename)
    if len(content) > MAX_BYTES:
        raise Invalid(f"The file has {len(content) // 1024**2} MiB; the most is {MAX_BYTES // 1024**2} MiB. Split it.")
    sections = {"pdf": _pdf, "docx": _docx, "csv": _csv, "md": _markdown, "txt": _plain}[kind](content)
    found = tuple(
        Passage(position, text, section.heading, section.page)
        for position, (section, text) in zip(range(MAX_PASSAGES), _cut(sections), strict=False)
    )
    if not found:
        raise Invalid("The file holds no text that can be read. A scanned document must be run through text recognition first.")
    return found


def _pdf(content: bytes) -> Iterator[Section]:
    from pypdf import PdfReader  # 14 MB: loaded by those who read one
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Invalid("The PDF is encrypted; remove its password and upload it again.")
        for number, page in enumerate(reader.pages[:MAX_PAGES], start=1):
            yield Section(_unwrap(page.extract_text() or ""), page=number)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:  # what broken files make pypdf raise
        raise Invalid(f"The PDF cannot be read: {error}. Save it anew and upload it again.") from error


def _docx(content: bytes) -> Iterator[Section]:
    import docx  # with lxml, 6 MB: loaded by those who read one
    from docx.opc.exceptions import PackageNotFoundError

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise Invalid(f"The file would unpack to more than {MAX_UNPACKED_BYTES // 1024**2} MiB.")
        document = docx.Document(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise Invalid("The DOCX cannot be read; it may be encrypted. Remove its password, save it anew and upload it again.") from error
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise Invalid(f"The DOCX cannot be read: {error}. Save it anew and upload it again.") from error
    heading = None
    for paragraph in document.paragraphs:
        if paragraph.style and (paragraph.style.name or "").startswith(("Heading", "Title")):
            heading = paragraph.text.strip() or heading
        else:
            yield Section(paragraph.text, heading)
    for table in document.tables:
        names = [cell.text.strip() for cell in table.rows[0].cells] if table.rows else []
        for row in table.rows[1:]:
            yield Section(_row(names, [cell.text.strip() for cell in row.cells]), heading)


def _csv(content: bytes) -> Iterator[Section]:
    text = _decode(content)
    try:
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = csv.reader(io.StringIO(text), dialect)
    names = next(rows, [])
    for row in rows:
        yield Section(_row(names, row))


def _row(names: list[str], values: list[str]) -> str:
    """A table row as a sentence that can be searched: `name: value; name: value`."""
    cells = [f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value]
    return "; ".join(cells) + "." if cells else ""


def _markdown(content: bytes) -> Iterator[Section]:
    trail: list[str] = []
    lines: list[str] = []
    for line in [*_decode(content).splitlines(), "# "]:
        if mark := re.match(r"(#{1,6})\s+(.*)|(#)\s*$", line):
            if lines:
                yield Section("\n".join(lines), " › ".join(trail) or None)
            depth = len(mark[1] or "#")
            trail = [*trail[: depth - 1], (mark[2] or "").strip(" #")]
            lines = []
        else:
            lines.append(line)


def _plain(content: bytes) -> Iterator[Section]:
    yield Section(_decode(content))


def _decode(content: bytes) -> str:
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("The file is not text. Save it as UTF-8 text and upload it again.")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding, errors="replace").replace("\x00", "")


def _unwrap(text: str) -> str:
    """Joins the lines that a page layout broke; keeps blank lines and list items apart."""
    text = re.sub(r"(\w)-\n(?=[a-z])", r"\1", text)
    return re.sub(r"(?<![.!?:\n])\n(?=[^\n•\-*\d])", " ", text)


def _cut(sections: Iterable[Section]) -> Iterator[tuple[Section, str]]:
    """Sections as passages of about PASSAGE_WORDS words, cut between sentences, neighbours of one heading joined."""
    held: Section | None = None
    words: list[str] = []
    for section in sections:
        if held and (section.heading, section.page) != (held.heading, held.page) and words:
            yield held, " ".join(words)
            words = []
        held = section
        for sentence in _sentences(section.text):
            size = sum(len(part.split()) for part in words)
            if words and size + len(sentence.split()) > PASSAGE_WORDS:
                yield section, " ".join(words)
                words = []
            words.append(sentence)
    if held and words:
        yield held, " ".join(words)


def _sentences(text: str) -> Iterator[str]:
    """Sentences and list items, none longer than a passage."""
    for piece in re.split(r"(?<=[.!?])\s+(?=[\"'(\w])|\n\s*\n|\n(?=\s*[-*•\d])", text):
        words = piece.split()
        for start in range(0, len(words), PASSAGE_WORDS):
            yield " ".join(words[start : start + PASSAGE_WORDS])
