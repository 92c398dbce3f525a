"""The report as a reader has it: opened in a real browser, without a network, its map used."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.judged_chain import Chain
from tests.judged_region import random_region

webdriver = pytest.importorskip("selenium.webdriver")

DESKTOP, PHONE = (1280, 900), (390, 844)


def start(size: tuple[int, int]) -> Any:
    chromium, driver = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if chromium is None or driver is None:
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    options.add_experimental_option("mobileEmulation", {"deviceMetrics": {"width": size[0], "height": size[1]}})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    chain = Chain(tmp_path_factory.mktemp("region"), random_region(0))
    chain.run()
    return chain


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def browser(request: pytest.FixtureRequest, chain: Chain) -> Iterator[Any]:
    """A browser that shows the report."""
    opened = start(request.param)
    try:
        opened.get(chain.path("report.html").as_uri())
        yield opened
    finally:
        opened.quit()


def shown(browser: Any) -> dict[str, set[str]]:
    """Names of the circles on the map by kind."""
    script = "return [...craterMap.found, ...craterMap.known].filter(c => c.shown).map(c => [c.kind, c.name])"
    names: dict[str, set[str]] = {kind: set() for kind in ("matched", "candidate", "missed", "unverifiable")}
    for kind, name in browser.execute_script(script):
        names[kind].add(name)
    return names


def move(browser: Any, name: str, value: float) -> None:
    """Set a slider as a hand would."""
    script = (
        "const e = document.getElementById(arguments[0]); e.value = arguments[1]; e.dispatchEvent(new Event('input'))"
    )
    browser.execute_script(script, name, value)


def drawn_pixels(browser: Any) -> int:
    """Pixels of the map's canvas that are not empty."""
    script = """
        const canvas = document.querySelector('#map-view canvas');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let n = 0; for (let i = 3; i < data.length; i += 4) n += data[i] > 0; return n"""
    return int(browser.execute_script(script))


def test_nothing_is_fetched_and_nothing_goes_wrong(browser: Any, chain: Chain) -> None:
    browser.execute_script("document.getElementById('map').scrollIntoView()")
    assert browser.get_log("browser") == []
    requests = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    asked = {each["params"]["request"]["url"] for each in requests if each["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {chain.path("report.html").as_uri()}
    wide, window = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide == window, "the page scrolls sideways"
    loaded = browser.execute_script(
        "return [...document.querySelectorAll('#map-view img')].filter(i => i.src).map(i => i.naturalWidth)"
    )
    assert loaded
    assert all(width == 512 for width in loaded)


def test_the_sliders_and_toggles_decide_what_is_drawn(browser: Any, chain: Chain) -> None:
    figures = json.loads(chain.path("metrics.json").read_text())
    before, pixels = shown(browser), drawn_pixels(browser)
    n_shown = sum(len(names) for kind, names in before.items() if kind != "missed")
    # The slider has steps of 0.01, so a few may differ.
    assert n_shown == pytest.approx(figures["product"]["n_craters"], rel=0.02)
    assert before["missed"]
    assert pixels > 0

    move(browser, "map-score", 0.95)
    surer = shown(browser)
    assert surer["matched"] < before["matched"]
    assert surer["missed"] > before["missed"], "a crater that is no longer shown counts as missed"

    move(browser, "map-diameter", 700)
    larger = shown(browser)
    assert sum(map(len, larger.values())) < sum(map(len, surer.values()))
    assert drawn_pixels(browser) < pixels

    move(browser, "map-diameter", 0)
    browser.execute_script("document.getElementById('map-show-missed').click()")
    assert shown(browser) == surer | {"missed": set()}


def test_a_row_of_the_table_shows_its_crater(browser: Any) -> None:
    row = browser.find_element("css selector", "[data-crater]")
    browser.execute_script("arguments[0].click()", row)
    inside = browser.execute_script(
        "const c = craterMap.found.find(c => c.name === arguments[0]);"
        "return [craterMap.map.getBounds().contains(c.getLatLng()), craterMap.map.getZoom()]",
        row.get_attribute("data-crater"),
    )
    assert inside[0]
    assert inside[1] > 0


def test_a_crater_tells_its_diameter_score_and_name(browser: Any) -> None:
    text = browser.execute_script(
        "const c = craterMap.found.find(c => c.shown && c.kind === 'matched');"
        "c.fire('mouseover', {latlng: c.getLatLng()}, true); c.fire('click', {latlng: c.getLatLng()}, true);"
        "return [document.querySelector('.leaflet-tooltip').textContent, c.name, c.diameter.toPrecision(3)]"
    )
    tip, name, diameter = text
    assert name in tip
    assert f"D {diameter} km, score" in tip


def test_the_page_of_a_region_without_a_catalogue_works_too(tmp_path: Path) -> None:
    region = random_region(1)
    bare = Chain(tmp_path, type(region)(region.craters, region.catalogue.iloc[:0], region.footprint))
    bare.run(trained=False)
    opened = start(DESKTOP)
    try:
        opened.get(bare.path("report.html").as_uri())
        assert opened.get_log("browser") == []
        assert {kind for kind, names in shown(opened).items() if names} == {"candidate"}
    finally:
        opened.quit()
