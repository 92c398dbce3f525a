"""A network of the tests' own."""

from collections.abc import Iterator

import pytest
import stamina

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _a_network_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No proxy of this machine's, no certificates of its user's, six attempts with no waiting between."""
    for name in (*PROXIES, *map(str.upper, PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    with stamina.set_testing(True, attempts=6):
        yield
