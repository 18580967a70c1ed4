//! The page as text: what stands where, and that nothing of the data is markup. How it looks and works is tried in a browser
//! (`cargo xtask browser`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is how a test fails")]

use spectrum_report::{
    Attribute, Bin, Finding, GapFigures, Instant, KeyFigures, OverTime, Pauses, PeriodFigures, Picture,
    ReasonFigures, Report, Severity, Spread, Timeline, TimelineSession, Zone, page,
};

const HOUR: i128 = 3_600_000_000_000;

/// A report in which everything is there, and every text is `text`.
fn full(text: &str) -> Report {
    let text = || text.to_owned();
    let spread = Spread { average: 60.0, median: 50.0, p95: 90.0, max: 120.0 };
    let bins = vec![Bin { above: 0.0, up_to: 1.0, count: 2 }, Bin { above: 1.0, up_to: 2.0, count: 3 }];
    let period = PeriodFigures { label: text(), covered: Some((1, 7)), sessions: 3, keys: 2, events: 9 };
    let finding = |severity, picture| Finding {
        title: text(),
        severity,
        count: 3,
        of: 12,
        examples: vec![text(), text()],
        what_to_do: text(),
        picture,
    };
    let session = TimelineSession {
        number: 1,
        start: Instant(0),
        end: Instant(HOUR),
        events: 2,
        why: text(),
        instants: vec![Instant(0), Instant(HOUR)],
    };
    Report {
        title: text(),
        made_by: text(),
        definition: vec![(text(), text())],
        notes: vec![text()],
        zone: Zone::Utc,
        gap: text(),
        gap_seconds: 1800.0,
        is_gap_alone: false,
        events: 9,
        keys: 2,
        sessions: 5,
        single_event_sessions: 1,
        span: Some((Instant(0), Instant(HOUR))),
        length: Some(spread),
        lengths: bins.clone(),
        of_one_moment: 1,
        size: Some(spread),
        sizes: bins.clone(),
        over_time: Some(OverTime { period: text(), periods: vec![period] }),
        pauses: Pauses { count: 5, none: 0, bins, beyond_gap: 1 },
        gaps: vec![
            GapFigures { gap: text(), seconds: 900.0, sessions: 7, is_own: false },
            GapFigures { gap: text(), seconds: 1800.0, sessions: 5, is_own: true },
        ],
        week: [[1; 24]; 7],
        reasons: vec![ReasonFigures { name: text(), meaning: text(), sessions: 5 }],
        attributes: vec![Attribute { name: text(), measure: text(), tells: text(), nulls: 1 }],
        key_columns: vec![text()],
        top_keys: vec![KeyFigures { key: vec![Some(text())], sessions: 5, ..KeyFigures::default() }],
        timelines: vec![Timeline { key: vec![Some(text())], all_sessions: 1, sessions: vec![session] }],
        findings: Some(vec![finding(Severity::Note, Picture::Week), finding(Severity::Error, Picture::Gap)]),
    }
}

/// Whatever is put in, elements are the page's own.
#[test]
fn no_text_is_markup_wherever_it_stands() {
    let elements = |html: &str| html.matches('<').count();
    let plain = page(&full("plain"));
    for hostile in ["<zz>", "</script>", "\"", "'", "</style><zz", "]]>", "&lt;", "<!--"] {
        let html = page(&full(hostile));
        assert_eq!(elements(&html), elements(&plain), "{hostile}");
        assert!(!html.contains("<zz"), "{hostile}");
        // Attributes are in double quotes.
        assert_eq!(html.matches('"').count(), plain.matches('"').count(), "{hostile}");
    }
}

#[test]
fn findings_are_listed_worst_first_and_stand_beside_their_pictures() {
    let mut report = full("x");
    let findings = report.findings.as_mut().unwrap();
    findings[0].title = "a strange week".to_owned();
    findings[1].title = "a gap that cuts".to_owned();
    let html = page(&report);
    let list = html.split_once("id=\"findings\"").unwrap().1.split_once("</section>").unwrap().0;
    let (gap, week) = (list.find("a gap that cuts").unwrap(), list.find("a strange week").unwrap());
    assert!(gap < week, "the error comes first");
    assert!(list.contains("3 of 12, 25.0 %") && list.contains("href=\"#gap\""));
    let of_gap = html.split_once("<section id=\"gap\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(of_gap.contains("a gap that cuts") && !of_gap.contains("a strange week"));
    let clean = "Nothing was found to be wrong with the events.";
    report.findings = Some(Vec::new());
    assert!(page(&report).contains(clean));
    report.findings = None;
    assert!(!page(&report).contains(clean), "nobody looked");
}

/// The style sheet and the script are those that the policy names, by a digest that another program reckoned.
#[test]
fn the_policy_allows_the_page_its_own_style_and_script() {
    let html = page(&Report::default());
    let between =
        |start: &str, end: &str| html.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();
    for (of, text) in
        [("style-src", between("<style>", "</style>")), ("script-src", between("<script>", "</script>"))]
    {
        let code = "import base64, hashlib, sys\nprint(base64.b64encode(hashlib.sha256(sys.stdin.buffer.read()).digest()).decode())";
        let mut python = std::process::Command::new("python3");
        python.args(["-c", code]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut python = python.spawn().unwrap();
        std::io::Write::write_all(python.stdin.as_mut().unwrap(), text.as_bytes()).unwrap();
        let digest = String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap();
        let expected = format!("{of} 'sha256-{}'", digest.trim());
        assert!(html.contains(&expected), "{expected}");
    }
    assert!(html.contains("default-src 'none'"));
}

/// Nothing in the page is styled by an attribute or run by one: the policy would refuse it.
#[test]
fn no_attribute_styles_or_runs_anything() {
    let html = page(&full("x"));
    let body = html.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    for attribute in
        [" style=", " onclick=", " onload=", "javascript:", "http:", "https:", "<img", "<link", "<iframe"]
    {
        assert!(!body.contains(attribute), "{attribute}");
    }
}

#[test]
fn without_events_there_are_totals_and_a_sentence() {
    let html = page(&Report { title: "empty".to_owned(), ..Report::default() });
    assert!(html.contains("0 events in no session: there is nothing to be drawn."));
    assert!(html.contains("<data id=\"sessions\" value=\"0\">0</data>") && !html.contains("<section"));
}
