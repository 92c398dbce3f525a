"""A small file server on the loopback: byte ranges, counted traffic, and faults on request.

It stands for archives and for what lies between: over IPv6 or TLS, redirecting, and as a proxy.
"""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

BROKEN = ("cut", "reset", "stall")
DRIP_EVERY_S = 0.02
SILENCE_S = 30.0
"""How long a silence lasts: longer than any client's patience in the tests."""


@dataclass
class Files:
    """What is served, and what was asked for. Faults are consumed one by one by GET requests of any path."""

    contents: dict[str, bytes | Path] = field(default_factory=dict)
    """Bytes, or a file on disk that need not fit in memory."""
    etag: str | None = '"1"'
    modified: str | None = None
    content_type: str | None = None
    ranges: bool = True
    conditional: bool = True
    """Whether If-Range is known."""
    length: bool = True
    """Whether answers say how long they are; else they end with the connection."""
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Path -> status and address to go to."""
    retry_after: str | None = None
    faults: "list[int | str | Callable[[Files], None]]" = field(default_factory=list)
    """A status to answer with; "cut": half of the answer, then the connection is closed; "reset": the same, without
    ending it properly; "stall": half, then silence; "mute": silence; "drip": byte by byte; "fine": no fault; a
    function: what is done to this object before the answer."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    bytes_sent: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    certificate: tuple[Path, Path] | None = None
    """Certificate and key in PEM format, for TLS."""
    authorization: str | None = None
    """The header without which nothing is given."""
    proxy: bool = False
    """Whether it answers for whatever server is asked for."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the server ends, which ends the silences."""

    def url(self, name: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/{name}"

    def size(self, name: str) -> int | None:
        content = self.contents.get(name)
        return content.stat().st_size if isinstance(content, Path) else None if content is None else len(content)

    def part(self, name: str, start: int, stop: int) -> bytes:
        content = self.contents[name]
        if isinstance(content, bytes):
            return content[start:stop]
        with content.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    files: Files

    def handle_error(self, *args: Any) -> None:
        pass  # a client that went away, or that does not trust the certificate


class _ServerOfIPv6(_Server):
    address_family = socket.AF_INET6


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

    def _empty(self, status: int, **headers: str | None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _answer(self, body: bool) -> None:
        files = self.server.files
        asked = self.headers.get("Range")
        files.requests.append((self.command, asked))
        files.authorizations.append(self.headers.get("Authorization"))
        files.paths.append(self.path)
        fault = files.faults.pop(0) if body and files.faults else None
        if callable(fault):
            fault(files)
        if fault == "mute":
            files.over.wait(SILENCE_S)
            self.close_connection = True
            return
        name = (urlsplit(self.path).path if files.proxy else self.path).lstrip("/")
        size = files.size(name)
        if files.authorization and self.headers.get("Authorization") != files.authorization:
            self._empty(401)
        elif isinstance(fault, int):
            self._empty(fault, Retry_After=files.retry_after)
        elif name in files.redirects:
            status, target = files.redirects[name]
            self._empty(status, Location=target)
        elif size is None:
            self._empty(404)
        else:
            self._send(name, size, asked if files.ranges else None, fault, body)

    def _send(self, name: str, size: int, asked: str | None, fault: object, body: bool) -> None:
        files = self.server.files
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "")
        version = files.etag or files.modified
        start, stop = 0, size
        if wanted and (not files.conditional or self.headers.get("If-Range", version) == version):
            start, stop = int(wanted[1]), min(int(wanted[2] or size) + 1, size)
            if start >= size:
                self._empty(416, Content_Range=f"bytes */{size}")
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        else:
            self.send_response(200)
        for header, value in (
            ("ETag", files.etag),
            ("Last-Modified", files.modified),
            ("Content-Type", files.content_type),
            ("Content-Length", str(stop - start) if files.length else None),
            ("Connection", None if files.length else "close"),
        ):
            if value is not None:
                self.send_header(header, value)
        self.end_headers()
        if body:
            self._send_body(name, start, stop, fault)

    def _send_body(self, name: str, start: int, stop: int, fault: object) -> None:
        files = self.server.files
        if fault in BROKEN:
            stop = start + (stop - start) // 2
        self.close_connection = fault in BROKEN or not files.length
        step = 1 if fault == "drip" else 1 << 20
        try:
            for offset in range(start, stop, step):
                piece = files.part(name, offset, min(offset + step, stop))
                self.wfile.write(piece)
                files.bytes_sent += len(piece)
                if fault == "drip":
                    self.wfile.flush()
                    if files.over.wait(DRIP_EVERY_S):
                        return
            self.wfile.flush()
        except OSError:  # the client has what it wanted
            self.close_connection = True
            return
        if fault == "stall":
            files.over.wait(SILENCE_S)
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextmanager
def serve(files: Files) -> Iterator[Files]:
    """Serve `files` in a thread while the block runs; sets its port."""
    server = (_ServerOfIPv6 if ":" in files.host else _Server)((files.host, 0), _Handler)
    server.files = files
    if files.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
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
