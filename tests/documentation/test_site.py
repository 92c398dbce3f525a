"""The documentation's site: built without a warning, and every page is reached from its menu."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` does."""
    for module in ("sphinx", "myst_nb", "furo"):
        pytest.importorskip(module, reason="needs Sphinx and its theme, the group 'docs' (make site-tools)")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"]
    done = subprocess.run([*command, str(SOURCES), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_document_is_a_page_in_the_menu(site: Path) -> None:
    start = (site / "index.html").read_text(encoding="utf-8")
    names = {path.stem for path in SOURCES.iterdir() if path.suffix in (".md", ".ipynb")}
    assert {name for name in names - {"index"} if f'href="{name}.html"' not in start} == set()


def test_docstrings_of_functions_are_on_the_page_for_programmers(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")
    assert 'id="crater_pipeline.steps.find.find"' in page
    assert "Whether a raster" not in page  # what is not public is not there
    assert page.count('<dl class="py function">') > 30


def test_documents_outside_the_folder_are_reached_by_their_pages(site: Path) -> None:
    assert 'href="configuration.html"' in (site / "workflow.html").read_text(encoding="utf-8")
    assert 'href="outputs.html#what-comes-out"' in (site / "columns.html").read_text(encoding="utf-8")


def test_pages_fetch_nothing(site: Path) -> None:
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text, page.name
        assert 'rel="stylesheet" type="text/css" href="http' not in text, page.name
