"""Debian's (or any) chromium, cut off from every network, to look at pages as a reader does."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = os.environ.get("TRIALKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = os.environ.get("TRIALKIT_CHROMEDRIVER") or shutil.which("chromedriver")
AXE = Path(os.environ.get("TRIALKIT_AXE") or Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js")


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
