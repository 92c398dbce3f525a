"""A small file server on the loopback: byte ranges, counted traffic, and faults on request."""

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BROKEN = ("cut", "reset", "stall")
SILENCE_S = 30.0
"""How long a silence lasts: longer than any client's patience in the tests."""


@dataclass
class Files:
    """What is served, and what was asked for. Faults are consumed one by one by GET requests of any path."""

    contents: dict[str, bytes] = field(default_factory=dict)
    etag: str = '"1"'
    ranges: bool = True
    faults: list[int | str] = field(default_factory=list)
    """A status to answer with; "cut": half of the answer, then the connection is closed; "reset": the same, without
    ending it properly; "stall": half, then silence; "mute": silence; "fine": no fault."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    bytes_sent: int = 0
    port: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the server ends, which ends the silences."""

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    files: Files


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20  # headers and body in one packet
    server: _Server

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        files = self.server.files
        asked = self.headers.get("Range")
        files.requests.append((self.command, asked))
        fault = files.faults.pop(0) if body and files.faults else None
        if fault == "mute":
            files.over.wait(SILENCE_S)
            self.close_connection = True
            return
        content = files.contents.get(self.path.lstrip("/"))
        if isinstance(fault, int) or content is None:
            self.send_response(fault if isinstance(fault, int) else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "") if files.ranges else None
        same = self.headers.get("If-Range", files.etag) == files.etag
        part = content
        if wanted and same:
            start = int(wanted[1])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            part = content[start : int(wanted[2]) + 1 if wanted[2] else len(content)]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("ETag", files.etag)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if body:
            sent = part[: len(part) // 2] if fault in BROKEN else part
            files.bytes_sent += len(sent)
            try:
                self.wfile.write(sent)
                self.wfile.flush()
            except ConnectionError:
                pass
            if fault == "stall":
                files.over.wait(SILENCE_S)
            if fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            self.close_connection = fault in BROKEN


@contextmanager
def serve(files: Files) -> Iterator[Files]:
    """Serve `files` in a thread while the block runs; sets its port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.files = files
    files.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield files
    finally:
        files.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
