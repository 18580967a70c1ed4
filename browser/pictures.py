"""Draws the README's pictures of a page: docs/images/report.png and docs/images/report-dark.png.

    python pictures.py SPECTRUM
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from check import chromium

MOST_BYTES = 150_000
# Its sections one after another, from here to there.
PICTURES = {
    "report.png": ("light", 1180, "header", "#over-time"),
    "report-dark.png": ("dark", 1180, "#gap", "#week"),
}


def main():
    spectrum, images = os.path.abspath(sys.argv[1]), Path("docs/images")
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for arguments in [
            ["generate", "-o", "events.parquet", "--events", "200000"],
            ["report", "events.parquet", "-o", "report.html"],
        ]:
            subprocess.run([spectrum, *arguments, "--quiet"], cwd=folder, check=True)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        for name, (theme, width, first, last) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
            page.goto((Path(folder) / "report.html").as_uri())
            boxes = [page.locator(one).bounding_box() for one in (first, last)]
            top = max(boxes[0]["y"] - 20, 0)
            height = boxes[1]["y"] + boxes[1]["height"] + 20 - top
            clip = {"x": 0, "y": top, "width": width, "height": height}
            page.screenshot(path=images / name, full_page=True, clip=clip)
            size = (images / name).stat().st_size
            print(f"docs/images/{name}: {size:,} bytes")
            assert size < MOST_BYTES, f"{name} is too large"
        browser.close()


if __name__ == "__main__":
    main()
