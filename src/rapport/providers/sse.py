"""Server-sent events from bytes as they arrive, cut anywhere (WHATWG HTML, section 9.2.6).

Lines end with LF, CRLF or CR; comments, `id` and `retry` are dropped; several `data` lines join with LF. An event that the
stream ends in the middle of is given by `end`, because some servers leave out the last blank line.
"""

from rapport.errors import ModelError

LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes; a server that sends no line ends must not fill the memory."""

Event = tuple[str, bytes]
"""Name (`message` where none was sent) and data."""


class EventDecoder:
    """Feed it chunks in order."""

    __slots__ = ("_data", "_name", "_rest", "_started")

    def __init__(self) -> None:
        self._rest = b""
        self._name = "message"
        self._data: bytes | None = None
        self._started = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that are complete now. Raises ModelError where one grows beyond LARGEST_EVENT."""
        text = self._rest + chunk if self._rest else chunk
        if not self._started:
            if len(text) < 3 and b"\xef\xbb\xbf".startswith(text):
                self._rest = text
                return []
            text = text.removeprefix(b"\xef\xbb\xbf")
            self._started = True
        if b"\r" in text:
            if text.endswith(b"\r"):  # half of a CRLF, perhaps
                text, held = text[:-1], b"\r"
            else:
                held = b""
            *lines, rest = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            self._rest = rest + held
        else:
            *lines, self._rest = text.split(b"\n")
        if len(self._rest) + len(self._data or b"") > LARGEST_EVENT:
            raise ModelError("The language model's server sent something that is not an event stream; check the setting `model`.")
        return self._events(lines)

    def end(self) -> list[Event]:
        """The event that was begun when the stream ended, if any."""
        return self._events([self._rest.rstrip(b"\r"), b""])

    def _events(self, lines: list[bytes]) -> list[Event]:
        events = []
        for line in lines:
            if not line:
                if self._data is not None:
                    events.append((self._name, self._data))
                    self._data = None
                self._name = "message"
            elif line.startswith(b"data:"):
                value = line[6:] if line.startswith(b"data: ") else line[5:]
                self._data = value if self._data is None else self._data + b"\n" + value
            elif line.startswith(b"event:"):
                self._name = line[6:].strip().decode("utf-8", "replace")
            elif line == b"data":
                self._data = b"" if self._data is None else self._data + b"\n"
        return events
