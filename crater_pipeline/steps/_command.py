"""Turns a step's function into a command line that reports a user's mistake in one line."""

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import cyclopts
from pydantic import ValidationError
from rich.console import Console
from rich.logging import RichHandler

from crater_pipeline.errors import UserError, mishap
from crater_pipeline.signals import ending_cleanly
from crater_pipeline.steps._outputs import check_outputs


def configure_logging() -> None:
    """Log to stderr: through rich on a terminal, one line a message elsewhere. Stdout is for what a command prints."""
    console, layout = Console(stderr=True), "%(message)s"
    handler: logging.Handler = RichHandler(console=console, show_path=False, rich_tracebacks=False)
    if not console.is_terminal:  # rich would break lines where a terminal that is not there ends
        handler, layout = logging.StreamHandler(), "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=layout, datefmt="%H:%M:%S", handlers=[handler], force=True)
    for chatty in ("httpx", "rasterio", "fiona", "pyogrio", "matplotlib", "lightning.pytorch"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="lightning.*")


NO_EMPTY = cyclopts.Parameter(negative_iterable=())
"""No options such as `--empty-bounds`, which mean nothing here."""


def run_app(app: cyclopts.App) -> None:
    """Run `app` on the process's arguments; exit 1 with one message on a user's mistake.

    Nothing runs before it is known that what it writes harms nothing. Ctrl-C ends with 130, SIGTERM with 143.
    """
    configure_logging()
    try:
        with ending_cleanly():
            step, bound, _ = app.parse_args()
            bound.apply_defaults()
            check_outputs(step, bound.arguments)
            step(*bound.args, **bound.kwargs)
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {mishap(error)}")
    except MemoryError:
        sys.exit("error: memory does not suffice; end other programs, or take a smaller region")
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        sys.exit(f"error: {error.title}: {details}")


def run(step: Callable[..., Any]) -> None:
    """Command line of one step: its keyword-only parameters become options."""
    app = cyclopts.App(
        name=f"python -m crater_pipeline.steps.{step.__name__}", help_format="markdown", default_parameter=NO_EMPTY
    )
    app.default(step)
    run_app(app)
