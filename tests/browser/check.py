"""What a browser made of a report against what the commands say: check.py FOLDER (filled by report.sh)."""

import json
import math
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

# Numbers of `info --json` and `certify` that a report leaves out, or shows as text; of a direct loop's modes it shows
# the largest.
LEFT_OUT = re.compile(
    r"info/motifs/\d+/(index|name|placed/noise_terms/cost|direct/best|(eigenvalues|amplitudes)/.*)|certify/(motifs|exact_rms_error)/.*|certify/verified"
)


class Numbers(HTMLParser):
    """All <data> elements by key, as (value, text), and scripts."""

    def __init__(self):
        super().__init__()
        self.found, self.open, self.scripts = {}, None, 0

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        attributes = dict(attributes)
        if tag == "data" and "data-key" in attributes:
            self.open = (attributes["data-key"], attributes["value"])
            self.found[self.open[0]] = (self.open[1], "")

    def handle_data(self, text):
        if self.open:
            key, value = self.open
            self.found[key] = (value, self.found[key][1] + text)

    def handle_endtag(self, tag):
        if tag == "data":
            self.open = None


def leaves(path, value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(f"{path}/{name}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(f"{path}/{index}", inner)
    else:
        yield path, value


def check_numbers(folder):
    dom = Numbers()
    dom.feed((folder / "dom.html").read_text())
    assert dom.scripts == 0, "the page has scripts"
    checked = 0
    for command in ("info", "certify"):
        told = json.loads((folder / f"{command}.json").read_text())
        for key, expected in leaves(command, told):
            if LEFT_OUT.fullmatch(key):
                continue
            assert key in dom.found, f"{key}: missing on the page"
            value, text = dom.found[key]
            if isinstance(expected, (int, float)) and not isinstance(expected, bool):
                assert float(value) == float(expected), f"{key}: {value} on the page, {expected} by {command}"
                shown = float(text.replace("\u2212", "-").replace("\u00a0\u00d7\u00a010", "e"))
                assert math.isclose(shown, expected, rel_tol=5.1e-3), f"{key}: shows {text} for {expected}"
            else:
                plain = expected if isinstance(expected, str) else json.dumps(expected)
                assert value == plain, f"{key}: {value} on the page, {plain} by {command}"
            checked += 1
    assert checked > 300, f"only {checked} numbers compared"
    return checked


def measured(folder, name):
    dom = (folder / f"{name}.dom").read_text()
    text = re.search(r'<pre id="measured"[^>]*>(.*?)</pre>', dom, re.S).group(1)
    assert text, f"{name}: the page did not load"
    return json.loads(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def contrast(a, b):
    """Contrast ratio of two colours `rgb(r, g, b)` by WCAG 2."""

    def luminance(colour):
        channels = [int(x) / 255 for x in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def check_look(folder, name, width, dark):
    page = measured(folder, name)
    assert page["width"] == width and page["scrollWidth"] <= width, f"{name}: wider than the screen: {page}"
    assert not page["wide"], f"{name}: sticks out: {page['wide']}"
    assert page["smallestText"] >= 8, f"{name}: text of {page['smallestText']} pixels in a figure"
    assert page["dark"] == dark, f"{name}: the browser did not take up the colour scheme"
    for part, least in (("colour", 7), ("ink", 7), ("line", 3)):
        ratio = contrast(page[part], page["background"])
        assert ratio >= least, f"{name}: contrast {ratio:.1f} of {part} {page[part]} on {page['background']}"
    return page


def check_files(folder):
    for name in ("light", "dark", "phone", "phone-dark"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG"), f"{name}: no screenshot"
    pdf = (folder / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000, "nothing printed"
    size = (folder / "report.html").stat().st_size
    assert size < 1_000_000, f"{size} bytes for ten motifs"
    return size


def main():
    folder = Path(sys.argv[1])
    numbers = check_numbers(folder)
    for name, width, dark in (
        ("light", 1280, False), ("dark", 1280, True), ("phone", 390, False), ("phone-dark", 390, True),
    ):
        check_look(folder, name, width, dark)
    size = check_files(folder)
    print(f"{numbers} numbers as the commands tell them, {size} bytes; screenshots in {folder}")


if __name__ == "__main__":
    main()
