//! `spectrum report`: what it says, and what is in the page. How that looks and works is tried in a browser
//! (`cargo xtask browser`).

use serde_json::Value;

use crate::spectrum::Folder;

const EVENTS: &str = "\
who,at
ann,2026-01-01T10:00:00Z
ann,2026-01-01T10:10:00Z
ann,2026-01-02T12:00:00Z
bob,2026-01-01T23:55:00Z
bob,2026-01-02T00:05:00Z
";

const FLAGS: &str = "--key who --time at";

fn page(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// The figure under this name in a page.
fn figure(html: &str, name: &str) -> Value {
    let start = format!("<data id=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&start).unwrap_or_else(|| panic!("no {name}"));
    serde_json::from_str(rest.split_once('"').unwrap().0).unwrap()
}

#[test]
fn the_page_has_the_figures_of_a_summary_and_why_sessions_began() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let said = folder.prints(&format!("report events.csv -o page.html {FLAGS}"));
    assert!(
        said.starts_with("wrote page.html (") && said.contains(" with 3 sessions of 2 keys in "),
        "{said}"
    );
    let html = page(&folder, "page.html");
    let summary = folder.json(&format!("summary events.csv --json {FLAGS}"));
    for (name, expected) in [
        ("events", &summary["events"]),
        ("keys-count", &summary["keys"]),
        ("sessions", &summary["sessions"]),
        ("single", &summary["single_event_sessions"]),
        ("length-max", &summary["length_seconds"]["max"]),
        ("size-median", &summary["events_per_session"]["median"]),
    ] {
        assert_eq!(figure(&html, name).as_f64(), expected.as_f64(), "{name}");
    }
    let timelines = html.split_once("<section id=\"timelines\"").unwrap().1;
    let titles: Vec<&str> =
        timelines.split("<title>").skip(1).map(|rest| rest.split_once("</title>").unwrap().0).collect();
    insta::assert_snapshot!(titles.join("\n"), @r"
    Session 1: 2026-01-01 10:00:00 to 2026-01-01 10:10:00, 2 events. It is the first of its key.
    Session 2: 2026-01-02 12:00:00 to 2026-01-02 12:00:00, 1 event. It began after a pause of 1d 01h, longer than the gap of 30m.
    Session 1: 2026-01-01 23:55:00 to 2026-01-02 00:05:00, 2 events. It is the first of its key.
    Session 1: 2026-01-01 23:55:00 to 2026-01-02 00:05:00, 2 events. It is the first of its key.
    ");
}

/// Hashes stand where values were, everywhere in the page, and equal values have equal ones.
#[test]
fn redacted_values_are_nowhere_in_the_page() {
    let definition =
        "[events]\nkey = ['who']\ntime = 'at'\n[summary.columns]\nlast_word = { last = 'word' }\n";
    let events =
        "who,at,word\nannabel,2026-01-01T10:00:00Z,secretly\nroberta,2026-01-01T10:10:00Z,secretly\n";
    let folder = Folder::with(&[("events.csv", events), ("spectrum.toml", definition)]);
    folder.prints("report events.csv -o plain.html --definition spectrum.toml");
    folder.prints("report events.csv -o page.html --definition spectrum.toml --redact --key-value annabel");
    let (plain, html) = (page(&folder, "plain.html"), page(&folder, "page.html"));
    for value in ["annabel", "roberta", "secretly"] {
        assert!(plain.contains(value) && !html.contains(value), "{value}");
    }
    // printf %s annabel | sha256sum | cut -c1-16
    assert!(html.contains("<bdi>7f3745b5501dc287</bdi>"), "the hash of annabel is missing");
    assert!(html.contains("That is no anonymity"));
}

#[test]
fn a_key_value_that_no_key_has_is_refused_by_name() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let refusal = folder.refuses(&format!("report events.csv -o page.html --key-value cid {FLAGS}"));
    insta::assert_snapshot!(refusal, @"error: no key with a session has the value 'cid' in who, as --key-value asks");
    assert!(!folder.path().join("page.html").exists());
}

#[test]
fn json_says_what_was_written() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let said = folder.json(&format!("report events.csv -o page.html --json {FLAGS}"));
    assert_eq!(said["bytes"], page(&folder, "page.html").len());
    assert_eq!((&said["events"], &said["keys"], &said["sessions"]), (&5.into(), &2.into(), &3.into()));
    assert_eq!(said["output"], "page.html");
}

/// The same events give the same bytes, on standard output too, where nothing else is.
#[test]
fn standard_output_has_the_page_alone() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    folder.prints(&format!("report events.csv -o page.html --title T {FLAGS}"));
    let done = folder.command(&format!("report events.csv -o - --title T {FLAGS}")).assert().success();
    let output = done.get_output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), page(&folder, "page.html"));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("wrote standard output ("));
}

/// The rules say in words why sessions begin.
#[test]
fn reasons_beyond_the_gap_have_their_words() {
    let events = "who,at,page\nann,2026-01-01T10:00:00Z,a\nann,2026-01-01T10:01:00Z,login\nann,2026-01-01T10:02:00Z,b\n\
                  ann,2026-01-01T10:03:00Z,b\nann,2026-01-01T12:03:00Z,b\n";
    let definition =
        "[events]\nkey = ['who']\ntime = 'at'\n[session]\nstart_when = \"page = 'login'\"\nmax_events = 2\n";
    let folder = Folder::with(&[("events.csv", events), ("spectrum.toml", definition)]);
    folder.prints("report events.csv -o page.html --definition spectrum.toml");
    let html = page(&folder, "page.html");
    let reasons = html.split_once("<section id=\"reasons\"").unwrap().1.split_once("</section>").unwrap().0;
    for words in [
        "they are the first of their key",
        "the pause before was longer than the gap of 30m",
        "an event starts one (page = &#39;login&#39;)",
        "the session before would have more than 2 events",
    ] {
        assert!(reasons.contains(words), "{words}: {reasons}");
    }
    assert!(html.contains("It began 1m 00s after the session before, because its first event starts one"));
}
