"""The page of `spectrum report` in a real browser.

    python check.py SPECTRUM [NAME...]

Makes events, has the binary SPECTRUM make pages of them, opens these from file:// in chromium, and says what does not hold. With
NAMEs only the checks whose names contain one of them are made.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import traceback
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
THEMES = ["light", "dark"]
WIDTHS = [360, 1280]
MOST_BYTES = 1_500_000

# Values and a column's name that would be more than text in a page that does not escape them.
COLUMN = "<script>window.hacked=1</script>\"'"
HOSTILE = [
    "<script>window.hacked=1</script>",
    "\"><img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "</style><style>body{display:none}",
    "</title></svg><script>window.hacked=1</script>",
    "' onmouseover='window.hacked=1",
    "]]>",
    "--><!--",
    "&lt;b&gt; &amp; &#60;",
    "\u202eright to left\u202c",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308",
    "x" * 10_000,
    "bell\x07 and escape\x1b[31m",
    "{{7*7}} ${7*7}",
]


class Pages:
    """Pages of several kinds of events, made once."""

    def __init__(self, spectrum, folder):
        self.spectrum, self.folder, self.made = spectrum, Path(folder), {}

    def spectrum_says(self, *arguments):
        done = subprocess.run([self.spectrum, *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"spectrum {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def write(self, name, head, rows):
        with open(self.folder / name, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows)

    def of(self, kind):
        if kind not in self.made:
            events, flags = getattr(self, kind)()
            page = f"{kind}.html"
            self.spectrum_says("report", events, "-o", page, "--quiet", *flags)
            self.made[kind] = (self.folder / page, events, flags)
        return self.made[kind]

    def summary(self, kind):
        _, events, flags = self.of(kind)
        kept = [flag for flag in flags if flag != "--redact"]
        return json.loads(self.spectrum_says("summary", events, "--json", *kept))

    def month(self):
        self.spectrum_says("generate", "-o", "month.parquet", "--events", "20000", "--seed", "7", "--quiet")
        return "month.parquet", []

    def redacted(self):
        return self.of("month")[1], ["--redact"]

    def hostile(self):
        rows = []
        for at, value in enumerate(HOSTILE):
            rows += [(value, f"2026-01-0{1 + minute % 3} 10:{minute:02}:00") for minute in range(0, 3 + at)]
            rows.append((value, "2026-01-05 23:50:00"))
        name = "<b onclick='window.hacked=1'>&\"'.csv"
        self.write(name, [COLUMN, "at"], rows)
        return name, ["--key", COLUMN, "--time", "at"]

    def nothing(self):
        self.write("nothing.csv", ["who", "at"], [])
        return "nothing.csv", ["--key", "who", "--time", "at"]

    def one_event(self):
        self.write("one.csv", ["who", "at"], [("ann", "2026-01-01T10:00:00Z")])
        return "one.csv", ["--key", "who", "--time", "at"]

    def one_key(self):
        rows = [("ann", f"2026-01-{1 + at // 24:02}T{at % 24:02}:{(at * 7) % 60:02}:00Z") for at in range(240)]
        self.write("one_key.csv", ["who", "at"], rows)
        return "one_key.csv", ["--key", "who", "--time", "at"]

    def centuries(self):
        rows = [(f"k{at % 5}", f"{1826 + at // 12}-{1 + at % 12:02}-11 0{at % 9}:00:00") for at in range(2412)]
        self.write("centuries.csv", ["who", "at"], rows)
        return "centuries.csv", ["--key", "who", "--time", "at"]

    def ruled(self):
        self.write(
            "ruled.csv",
            ["who", "at", "campaign"],
            [(f"k{at % 7}", f"2026-01-01T{at % 24:02}:{at % 60:02}:00Z", f"c{at % 3}") for at in range(500)],
        )
        definition = (
            "[events]\nkey = ['who']\ntime = 'at'\n[session]\ngap = '30m'\nsplit_on = ['campaign']\n"
            "split_at = '00:00'\n[summary.columns]\nfirst_campaign = { first = 'campaign' }\n"
        )
        (self.folder / "ruled.toml").write_text(definition)
        return "ruled.csv", ["--definition", "ruled.toml"]

    def faulty(self):
        rows = [(f"k{at % 40}", f"2026-02-{1 + at // 96:02}T{at // 4 % 24:02}:{at * 7 % 60:02}:{at % 60:02}Z") for at in range(2000)]
        rows += [("null", f"2026-02-{1 + at // 40:02}T12:{at % 40:02}:30Z") for at in range(800)]
        rows += [("k3", "2999-01-01T00:00:00Z")]
        self.write("faulty.csv", ["who", "at"], rows)
        return "faulty.csv", ["--key", "who", "--time", "at"]

    def many_keys(self):
        rows = ((f"key-{at:07}", 1_767_225_600 + at * 3) for at in range(1_000_000))
        self.write("many.csv", ["who", "at"], rows)
        return "many.csv", ["--key", "who", "--time", "at", "--time-unit", "s"]


KINDS = ["month", "redacted", "hostile", "nothing", "one_event", "one_key", "centuries", "ruled", "faulty"]


class Browser:
    def __init__(self, chromium):
        self.chromium = chromium

    @contextmanager
    def open(self, path, theme="light", width=1280, **settings):
        """The page, with everything that it complained about or asked for."""
        viewport = {"width": width, "height": 800}
        context = self.chromium.new_context(color_scheme=theme, viewport=viewport, **settings)
        page = context.new_page()
        page.complaints, page.failures = [], {}
        page.on("console", lambda message: page.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (page.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: page.complaints.append(f"request: {request.url}"))
        page.on("requestfailed", lambda request: page.failures.update({request.url: request.failure}))
        page.goto(path.as_uri())
        own = f"request: {path.as_uri()}"
        assert page.complaints.count(own) == 1, page.complaints
        page.complaints.remove(own)
        try:
            yield page
            assert page.complaints == [], page.complaints
        finally:
            context.close()


def texts(page, selector):
    return page.locator(selector).all_text_contents()


def every_kind_opens_in_both_themes_and_widths(pages, browser):
    for kind in KINDS:
        for theme in THEMES:
            for width in WIDTHS:
                with browser.open(pages.of(kind)[0], theme, width) as page:
                    scroll, inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
                    assert scroll <= inner, f"{kind} is {scroll} wide on a screen of {inner}"
                    assert page.locator("h1").is_visible() and page.locator("dl.totals").is_visible(), kind
                    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
                    assert (paper == "rgb(255, 255, 255)") == (theme == "light"), (theme, paper)


def axe_has_nothing_serious_to_say(pages, browser):
    for kind in KINDS:
        for theme in THEMES:
            for width in WIDTHS:
                with browser.open(pages.of(kind)[0], theme, width) as page:
                    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                    found = Axe().run(page).response["violations"]
                    serious = [
                        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
                        for one in found
                        if one["impact"] in ("serious", "critical")
                    ]
                    assert serious == [], f"{kind}, {theme}, {width}: {serious}"


def numbers_equal_those_of_summary(pages, browser):
    for kind in KINDS:
        summary = pages.summary(kind)
        length, size = summary["length_seconds"] or {}, summary["events_per_session"] or {}
        expected = {
            "events": summary["events"],
            "keys-count": summary["keys"],
            "sessions": summary["sessions"],
            "length-median": length.get("median"),
            "length-p95": length.get("p95"),
            "length-max": length.get("max"),
            "length-average": length.get("average"),
            "size-median": size.get("median"),
            "size-p95": size.get("p95"),
            "size-max": size.get("max"),
            "size-average": size.get("average"),
            "single": summary["single_event_sessions"] if summary["sessions"] else None,
        }
        with browser.open(pages.of(kind)[0]) as page:
            for name, value in expected.items():
                shown = page.locator(f"data#{name}")
                found = float(shown.get_attribute("value")) if shown.count() else None
                assert found == value, f"{kind}: {name} is {found} in the page and {value} in the summary"
            # Their texts say the same.
            for name in ["events", "keys-count", "sessions"]:
                assert page.locator(f"data#{name}").inner_text() == f"{expected[name]:,}", (kind, name)


def bars_by_day_add_up_to_the_summary(pages, browser):
    summary = pages.summary("month")
    with browser.open(pages.of("month")[0]) as page:
        rows = page.locator("#over-time details tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        by_day = {row[0][4:]: int(row[1].replace(",", "")) for row in rows}
        expected = {day["day"]: day["sessions"] for day in summary["days"]}
        assert {day: sessions for day, sessions in by_day.items() if sessions} == expected
        assert sum(int(row[3].replace(",", "")) for row in rows) == summary["events"]


def gaps_are_those_of_summary(pages, browser):
    _, events, flags = pages.of("month")
    asked = ["5m", "15m", "30m", "1h", "1d"]
    gaps = json.loads(pages.spectrum_says("summary", events, "--json", "--gaps", ",".join(asked), *flags))["gaps"]
    with browser.open(pages.of("month")[0]) as page:
        rows = page.locator("#gap details tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        shown = {row[0]: int(row[1].replace(",", "")) for row in rows}
        assert {gap["gap"]: gap["sessions"] for gap in gaps} == {gap: shown[gap] for gap in asked}


def a_mark_says_what_it_stands_for_at_the_pointer(pages, browser):
    path = pages.of("month")[0]
    for picture in ["#over-time", "#lengths", "#sizes", "#gap", "#week", "#timelines"]:
        with browser.open(path, java_script_enabled=False) as page:
            titles = texts(page, f"{picture} svg.plot .m title")
        assert titles and all(titles), picture
        with browser.open(path) as page:
            marks = page.locator(f"{picture} svg.plot .m")
            assert marks.count() == len(titles) and page.locator(f"{picture} .m title").count() == 0
            for at in {0, len(titles) // 2, len(titles) - 1}:
                mark = marks.nth(at).locator("circle, rect, path").first
                mark.scroll_into_view_if_needed()
                box = mark.bounding_box()
                page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                # Another mark may lie above this one; what is said must be what is marked.
                tip = page.locator(".tip")
                assert tip.is_visible(), (picture, at)
                said = page.evaluate("document.querySelector('.m.on').dataset.says")
                assert tip.inner_text() == said and said in titles, (picture, at, said)
                place = tip.bounding_box()
                assert place["x"] >= 0 and place["x"] + place["width"] <= 1280, place
            page.mouse.move(2, 2)
            assert page.locator(".tip").is_hidden(), picture


def marks_can_be_reached_by_keyboard(pages, browser):
    with browser.open(pages.of("month")[0]) as page:
        says = page.locator("#says")
        plots = page.locator("svg.plot")
        reached = set()
        for _ in range(400):
            page.keyboard.press("Tab")
            at = page.evaluate("[...document.querySelectorAll('svg.plot')].indexOf(document.activeElement)")
            if at < 0:
                continue
            reached.add(at)
            marks = plots.nth(at).locator(".m")
            said = lambda nth: marks.nth(nth).get_attribute("data-says")
            assert says.text_content() == said(0)
            assert page.locator(".tip").inner_text() == said(0)
            last = marks.count() - 1
            for key, nth in [("ArrowRight", min(1, last)), ("End", last), ("ArrowRight", last), ("Home", 0)]:
                page.keyboard.press(key)
                assert says.text_content() == said(nth), (at, key)
            page.keyboard.press("Escape")
            assert page.locator(".tip").is_hidden()
            if at == plots.count() - 1:
                break
        assert reached == set(range(plots.count())), reached
        assert plots.evaluate_all("all => all.every((one) => one.getAttribute('aria-label').length > 10)")


def tables_are_sorted_by_click_and_by_key(pages, browser):
    with browser.open(pages.of("month")[0]) as page:
        heads = page.locator("#keys thead th")
        names = heads.all_text_contents()
        column = lambda at: page.locator(f"#keys tbody tr td:nth-child({at + 1})")
        for at, name in enumerate(names):
            before = sorted(column(at).all_text_contents())
            is_number = "n" in (heads.nth(at).get_attribute("class") or "").split()
            orders = ["descending", "ascending"] if is_number else ["ascending", "descending"]
            for nth, order in enumerate(orders):
                button = heads.nth(at).locator("button")
                if nth == 0:
                    button.click()
                else:
                    button.focus()
                    page.keyboard.press("Enter")
                assert heads.nth(at).get_attribute("aria-sort") == order, name
                assert page.locator("#keys th[aria-sort]").count() == 1
                texts = column(at).all_text_contents()
                assert sorted(texts) == before, name
                values = column(at).evaluate_all("all => all.map((one) => one.dataset.v)") if is_number else texts
                values = [float(value) for value in values] if is_number else values
                assert values == sorted(values, reverse=order == "descending"), (name, order)


def the_search_finds_keys(pages, browser):
    with browser.open(pages.of("month")[0]) as page:
        rows, lines = page.locator("#keys tbody tr"), page.locator("#timelines article")
        assert rows.count() == 100 and lines.count() == 5
        wanted = rows.nth(2).locator("bdi").first.text_content()
        page.get_by_label("Search the keys in this page").fill(f" {wanted[2:20].upper()} ")
        shown = [row for row in rows.all() if row.is_visible()]
        assert shown and all(wanted[2:20] in row.text_content() for row in shown)
        assert page.locator("#found").inner_text() == f"{len(shown)} of 100"
        assert all((wanted[2:20] in line.locator(".key").text_content()) == line.is_visible() for line in lines.all())
        page.locator("#search").fill("no such key")
        assert not any(row.is_visible() for row in rows.all())
        page.locator("#search").fill("")
        assert all(row.is_visible() for row in rows.all()) and page.locator("#found").inner_text() == ""


def all_is_there_without_scripts(pages, browser):
    for kind in KINDS:
        path = pages.of(kind)[0]
        with browser.open(path) as page:
            page.evaluate("document.querySelectorAll('button').forEach((one) => one.replaceWith(one.textContent))")
            seen = {name: texts(page, name) for name in ["h1", "h2", "h3", "td", "th", "data", "svg text", "p.drawn"]}
            visible = page.locator("section").evaluate_all("all => all.map((one) => one.id)")
        with browser.open(path, java_script_enabled=False) as page:
            for name, expected in seen.items():
                assert texts(page, name) == expected, (kind, name)
            assert all(page.locator(f"#{name}").is_visible() for name in visible)
            assert page.locator("#search:visible").count() == 0, "a search that cannot work is shown"
            assert page.locator("svg.plot .m").count() == page.locator("svg.plot .m > title").count()


def hostile_texts_are_texts(pages, browser):
    path = pages.of("hostile")[0]
    for scripts in [True, False]:
        with browser.open(path, java_script_enabled=scripts) as page:
            for value in HOSTILE:
                shown = value if len(value) <= 120 else f"{value[:120]}… (10,000 characters)"
                shown = "".join("\ufffd" if ord(letter) < 32 else letter for letter in shown)
                assert shown in texts(page, "#keys td bdi"), repr(value)
            assert COLUMN in texts(page, "#keys th")
            assert page.locator("h1").text_content() == "<b onclick='window.hacked=1'>&\"'.csv"
            assert page.title() == "Sessions: <b onclick='window.hacked=1'>&\"'.csv"
            counts = [page.locator(name).count() for name in ["script", "style", "img", "[onclick]", "[onmouseover]"]]
            assert counts == [1, 1, 0, 0, 0], counts
            if scripts:
                for at in range(page.locator("svg.plot").count()):
                    page.locator("svg.plot").nth(at).focus()
                    page.keyboard.press("ArrowRight")
                assert page.evaluate("window.hacked") is None


def nothing_else_could_run_or_be_loaded(pages, browser):
    with browser.open(pages.of("month")[0]) as page:
        page.evaluate(
            "const one = document.createElement('script'); one.textContent = 'window.hacked = 1'; document.body.append(one);"
        )
        page.evaluate("const one = new Image(); one.src = 'https://example.com/'; document.body.append(one);")
        page.wait_for_timeout(200)
        assert page.evaluate("window.hacked") is None
        blocked = [one for one in page.complaints if "Content Security Policy" in one]
        assert len(blocked) == 2, page.complaints
        assert page.failures == {"https://example.com/": "csp"}, page.failures
        page.complaints.clear()


def redacted_keys_are_hashes(pages, browser):
    with browser.open(pages.of("month")[0]) as page:
        plain = set(texts(page, "#keys td bdi"))
    path = pages.of("redacted")[0]
    with browser.open(path) as page:
        hashed = set(texts(page, "#keys td bdi"))
        assert all(len(value) == 16 and int(value, 16) >= 0 for value in hashed)
        notes = " ".join(texts(page, ".notes li"))
        assert "SHA-256" in notes and "no anonymity" in notes
    html = path.read_text()
    assert not any(value in html for value in plain)


def it_can_be_printed(pages, browser):
    for theme in THEMES:
        with browser.open(pages.of("month")[0], theme) as page:
            page.emulate_media(media="print", color_scheme=theme)
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert page.locator("#search").is_hidden()
            cut = page.locator(".scroll:visible").evaluate_all(
                "all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).length"
            )
            assert cut == 0, "a table would be cut off on paper"
            pdf = page.pdf(format="A4", print_background=True)
            assert pdf.startswith(b"%PDF") and len(pdf) > 20_000


def times_over_two_centuries_have_few_bars(pages, browser):
    with browser.open(pages.of("centuries")[0]) as page:
        bars = page.locator("#over-time svg.plot").first.locator(".m").count()
        assert 10 <= bars <= 120, bars
        assert "decade" in page.locator("#over-time h2").inner_text()


def rules_and_attributes_have_their_tables(pages, browser):
    with browser.open(pages.of("ruled")[0]) as page:
        rows = page.locator("#reasons tbody tr").evaluate_all(
            "rows => rows.map(row => [row.cells[0].textContent, Number(row.cells[2].textContent.replace(',', ''))])"
        )
        assert {"first", "split_on"} <= {name for name, _ in rows}
        assert sum(sessions for _, sessions in rows) == pages.summary("ruled")["sessions"]
        assert "first_campaign" in texts(page, "#attributes tbody th bdi")


def findings_are_those_of_check_and_lead_to_their_pictures(pages, browser):
    _, events, flags = pages.of("faulty")
    done = subprocess.run([pages.spectrum, "check", events, "--json", *flags], cwd=pages.folder, capture_output=True, text=True)
    expected = json.loads(done.stdout)["findings"]
    assert {"future-times", "stand-in-keys"} <= {one["check"] for one in expected}
    with browser.open(pages.of("faulty")[0]) as page:
        found = page.locator("#findings .findings > li")
        assert found.count() == len(expected)
        shown = sorted(texts(page, "#findings .findings > li > p .count"))
        share = lambda part, of: f"{100 * part / of:.1f} %" if 0.0005 <= part / of else "under 0.1 %"
        counted = [(one["count"], one["of"]) for one in expected]
        assert shown == sorted(f"{part:,} of {of:,}, {share(part, of)}" for part, of in counted)
        for link in page.locator("#findings a").all():
            anchor = link.get_attribute("href")
            title = link.locator("xpath=..").text_content()
            assert page.locator(anchor).count() == 1, (anchor, title)
            link.click()
            assert page.locator(f"{anchor} .beside li").count() >= 1, (anchor, title)
        assert page.locator(".beside li").count() == len(expected)
    with browser.open(pages.of("month")[0]) as page:
        assert page.locator("#findings").inner_text() == "Nothing was found to be wrong with the events."


def a_million_keys_make_a_small_page(pages, browser):
    path = pages.of("many_keys")[0]
    assert path.stat().st_size <= MOST_BYTES, path.stat().st_size
    with browser.open(path) as page:
        assert page.locator("data#keys-count").inner_text() == "1,000,000"


CHECKS = [
    every_kind_opens_in_both_themes_and_widths,
    axe_has_nothing_serious_to_say,
    numbers_equal_those_of_summary,
    bars_by_day_add_up_to_the_summary,
    gaps_are_those_of_summary,
    a_mark_says_what_it_stands_for_at_the_pointer,
    marks_can_be_reached_by_keyboard,
    tables_are_sorted_by_click_and_by_key,
    the_search_finds_keys,
    all_is_there_without_scripts,
    hostile_texts_are_texts,
    nothing_else_could_run_or_be_loaded,
    redacted_keys_are_hashes,
    it_can_be_printed,
    times_over_two_centuries_have_few_bars,
    rules_and_attributes_have_their_tables,
    findings_are_those_of_check_and_lead_to_their_pictures,
    a_million_keys_make_a_small_page,
]


def chromium():
    named = os.environ.get("SPECTRUM_CHROMIUM")
    found = [path for path in ([named] if named else BROWSERS) if os.path.exists(path)]
    if not found:
        sys.exit("chromium is missing (Debian: apt-get install chromium)")
    return found[0]


def main():
    spectrum, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
    checks = [one for one in CHECKS if not names or any(name in one.__name__ for name in names)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        # Whoever runs as root, as CI does, has no sandbox.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        print(f"chromium {running.version}")
        pages, browser = Pages(spectrum, folder), Browser(running)
        for check in checks:
            name = check.__name__.replace("_", " ")
            try:
                check(pages, browser)
                print(f"ok      {name}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        running.close()
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
