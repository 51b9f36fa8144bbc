"""Debian's (or any) chromium, cut off from every network, to look at pages as a reader does."""

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = os.environ.get("TRIALKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = os.environ.get("TRIALKIT_CHROMEDRIVER") or shutil.which("chromedriver")
_ROOT = Path(__file__).parent.parent
# build/ is where .ci/run puts it.
_AXES = [_ROOT / folder / "node_modules" / "axe-core" / "axe.min.js" for folder in (".", "build")]
AXE = Path(os.environ.get("TRIALKIT_AXE") or next((path for path in _AXES if path.exists()), _AXES[0]))
NO_AXE = "axe-core is not here: npm install --no-save --prefix build axe-core, or set TRIALKIT_AXE"


def missing() -> str | None:
    """Why no browser can be started here; None when it can."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed: pip install -e '.[test]'"
    if not CHROMIUM or not DRIVER:
        return "chromium or chromedriver not found (Debian: apt install chromium chromium-driver)"
    return None


@contextmanager
def open_browser(downloads: Path | None = None, *, loopback: bool = False) -> Iterator[Any]:
    """A headless chromium whose every host name fails to resolve, but this machine's own where `loopback` is asked for."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND" + (" , EXCLUDE 127.0.0.1 , EXCLUDE localhost" if loopback else ""),
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    if downloads:
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = Chrome(options=options, service=Service(executable_path=DRIVER))
    try:
        driver.set_script_timeout(60)
        yield driver
    finally:
        driver.quit()


def show(driver: Any, page: Path, *, width: int = 1400, height: int = 1000, dark: bool = False) -> None:
    """Open a page at a width of the screen, and wait until its charts are drawn (or given up)."""
    from selenium.webdriver.support.ui import WebDriverWait

    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(page.resolve().as_uri())
    WebDriverWait(driver, 60).until(
        lambda d: d.execute_script(
            "return !document.querySelector('figure.chart') || !!document.documentElement.dataset.charts"
        )
    )


def requested(driver: Any) -> list[str]:
    """Addresses requested since the last call, apart from the pages themselves and what is inside them."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    addresses = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    return [address for address in addresses if not address.startswith(("file:", "data:", "blob:"))]


def complaints(driver: Any) -> list[str]:
    """Errors in the console since the last call."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def violations(driver: Any, *, colours: bool = True) -> list[Any]:
    """What axe-core finds against WCAG 2.2 AA and good practice on the page shown, folded parts opened: rule and places.

    `colours` can be left out where they were looked at before: contrasts take most of the time.
    """
    driver.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    return driver.execute_async_script(
        "const [colours, done] = arguments; axe.run({resultTypes: ['violations'], preload: false,"
        "runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'], rules: {'color-contrast': {enabled: colours}}})"
        ".then((r) => done(r.violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 200) + ' | ' + n.failureSummary)])))",
        colours,
    )


def charts(driver: Any) -> list[dict[str, Any]]:
    """Every chart of the page: `figure`, `drawn`, `label`, and `cut`, its texts that reach out of their drawing (by over 1 px)."""
    return driver.execute_script("""
        return [...document.querySelectorAll("figure.chart")].map((figure) => {
          const svg = figure.querySelector("svg.marks");
          const frame = svg?.getBoundingClientRect();
          const cut = [...svg?.querySelectorAll("text") ?? []].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
          });
          return {
            figure: figure.id, drawn: !!svg && figure.matches(".drawn:not(.failed)"), label: svg?.getAttribute("aria-label")?.trim() ?? "",
            cut: cut.map((text) => text.textContent),
          };
        })""")


def save_screenshot(driver: Any, path: Path) -> None:
    """The page from top to bottom as it is shown now, at its width."""
    size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    options = {"format": "png", "captureBeyondViewport": True, "optimizeForSpeed": True, "clip": clip}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]))


def print_pdf(driver: Any) -> bytes:
    """The page shown, as a PDF on the paper its style sheet asks for."""
    return base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])


@contextmanager
def on_paper(driver: Any, width: int, height: int) -> Iterator[None]:
    """The page shown as it is laid out in print, `width` and `height` px of paper between the margins."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        driver.execute_script("dispatchEvent(new Event('afterprint'))")
