"""What a failed download is called, and what to do about it: one message for each thing that a network does."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import getproxies

import httpx

from crater_pipeline.download.http import ChangedError, asked_pause_s, is_distrust
from crater_pipeline.errors import UserError

ELSEWHERE = "or fetch it on a machine that reaches it (crater-pipeline fetch <region> --to <folder>)"


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what the network raises into a `UserError`."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        raise UserError(f"{url}: {refusal(error.response)}") from error
    except ChangedError as error:
        raise UserError(f"{url}: {error}; run it again when its publisher has finished") from error
    except httpx.InvalidURL as error:
        raise UserError(f"{url}: is no address ({error}); correct it") from error
    except httpx.RequestError as error:
        raise UserError(f"{url}: {failure(error)}") from error


def refusal(response: httpx.Response) -> str:
    """What an answer that is no success means."""
    answer = f"the server answers {response.status_code} {response.reason_phrase}"
    match response.status_code:
        case 401:
            return f"{answer}: it wants a name and a password; put them into ~/.netrc, as curl reads it"
        case 403:
            return f"{answer}: it does not give the file to this address; open it in a browser, {ELSEWHERE}"
        case 404 | 410:
            return f"{answer}: there is no such file; check the address"
        case 407:
            return f"{answer}: the proxy wants a name and a password; put them into HTTP_PROXY and HTTPS_PROXY"
        case 429 | 503:
            pause = asked_pause_s(response)
            when = f"in {pause:.0f} s, as it asks" if pause else "later"
            return f"{answer}: it is busy; run it again {when}: what has come is kept"
    return f"{answer}; check the address, or run it again later: what has come is kept"


def failure(error: Exception) -> str:
    """What it means that no answer came, or not all of it."""
    said = str(error) or type(error).__name__
    proxies = getproxies()
    by_proxy = " by way of the proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY" if proxies.keys() - {"no"} else ""
    if is_distrust(error):
        return (
            f"the server's certificate is not trusted ({said.partition('] ')[2] or said}); if a proxy or server of "
            "your own network signs for itself, name its certificate in SSL_CERT_FILE=<file.pem>; else check the "
            "address and this computer's clock"
        )
    if isinstance(error, httpx.TooManyRedirects):
        return "the server redirects in a circle; check the address"
    if isinstance(error, httpx.TimeoutException):
        return f"the server fell silent{by_proxy} ({said}); run it again later: what has come is kept"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return f"cannot be reached{by_proxy} ({said}); check the address and the network, {ELSEWHERE}"
    return f"cannot be downloaded{by_proxy} ({said}); check the address and the network, and run it again"
