"""What a page shows, through the shadows of its parts."""

import time

import pytest

_VISIBLE = """
const found = [];
const walk = node => {
    if (node.checkVisibility && !node.checkVisibility()) return;
    found.push(node);
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(walk);
};
walk(document.body);
"""


def words(browser):
    """All text that can be seen."""
    texts = browser.execute_script(
        _VISIBLE + "return found.filter(n => n.nodeType == 3).map(n => n.textContent)"
    )
    return " ".join(" ".join(texts).split())


def pictures(browser):
    """Width and height of each image that has come."""
    images = "found.filter(n => n.nodeName == 'IMG')"
    sizes = browser.execute_script(
        f"{_VISIBLE} return {images}.map(n => [n.naturalWidth, n.naturalHeight])"
    )
    return [size for size in sizes if min(size) > 0]


def until(browser, see, wanted, seconds=60):
    """Waits for what the page shows to be as it is wanted."""
    end = time.monotonic() + seconds
    while not wanted(found := see(browser)):
        if time.monotonic() > end:
            pytest.fail(f"{browser.current_url} shows only {str(found)[:2000]}")
        time.sleep(0.2)
    return found


def complaints(browser):
    """Errors in the console."""
    return [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
