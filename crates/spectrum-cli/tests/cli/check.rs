//! What `spectrum check` prints, and how it ends.

use crate::spectrum::Folder;

/// Events of forty people in March, and a fault of each of some kinds.
fn faulty() -> String {
    let mut text = String::from("event_id,user_id,account_id,occurred_at,kind,seen_at\n");
    let mut add = |id: &str, user: &str, at: &str, kind: &str| {
        text.push_str(&format!("{id},{user},acme,{at},{kind},{at}\n"));
    };
    for at in 0..400 {
        let (day, hour, minute, second) = (1 + at % 28, 8 + at / 28 % 12, (at * 7) % 60, (at * 13) % 59);
        let time = format!("2026-03-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        add(&format!("e{at}"), &format!("user{}", at % 40), &time, ["view", "click", "view"][at % 3]);
    }
    for at in 0..30 {
        add(&format!("n{at}"), "undefined", &format!("2026-03-{:02}T09:{at:02}:31Z", 1 + at % 28), "view");
    }
    add("e7", "user7", "2026-03-30T10:00:07Z", "view");
    add("x1", "user1", "", "view");
    add("x2", "user2", "2027-03-01T10:00:00Z", "view");
    add("x3", "user3", "1970-01-01T00:00:00Z", "view");
    for at in 0..120 {
        add(
            &format!("f{at}"),
            "loop",
            &format!("2026-03-12T10:{:02}:{:02}.{at:03}Z", at / 100, at * 7 % 100 * 6 / 10),
            "view",
        );
    }
    text
}

const NOW: &str = "--now 2026-04-01T00:00:00Z";

#[test]
fn findings_are_told_the_gravest_first() {
    let folder = Folder::with(&[("in.csv", &faulty())]);
    let done = folder.command(&format!("check in.csv --type kind {NOW}")).assert().code(3);
    let output = done.get_output();
    insta::assert_snapshot!("check_findings", String::from_utf8_lossy(&output.stdout));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: 6 findings that --deny names; see docs/check.md\n"
    );
}

#[test]
fn nothing_is_found_in_generated_events() {
    let folder = Folder::with(&[]);
    folder.prints("generate -o in.ndjson --events 3000 -q");
    assert_eq!(
        folder.prints(&format!("check in.ndjson --type event_type {NOW}")),
        "No findings in 3,000 events of 30 keys\n"
    );
    let none = folder.json(&format!("check in.ndjson --type event_type --json {NOW}"));
    assert_eq!((&none["events"], &none["findings"]), (&3_000.into(), &serde_json::json!([])));
}

#[test]
fn no_events_and_one() {
    let folder = Folder::with(&[
        ("none.csv", "user_id,account_id,occurred_at\n"),
        ("one.csv", "user_id,account_id,occurred_at\nann,acme,2026-03-01 10:00\n"),
    ]);
    assert_eq!(folder.prints(&format!("check none.csv {NOW}")), "No findings in 0 events of 0 keys\n");
    assert_eq!(folder.prints(&format!("check one.csv {NOW}")), "No findings in 1 event of 1 key\n");
}

#[test]
fn which_findings_exit_with_three() {
    let folder = Folder::with(&[("in.csv", &faulty())]);
    let code = |flags: &str, code: i32| {
        let done = folder.command(&format!("check in.csv {NOW} {flags}")).assert().code(code);
        String::from_utf8(done.get_output().stdout.clone()).unwrap()
    };
    let all = code("", 3);
    assert_eq!(code("--deny none", 0), all);
    assert_eq!(code("--deny all", 3), all);
    assert_eq!(code("--deny warning", 3), all);
    assert_eq!(code("--deny stand-in-keys,outages", 3), all);
    assert_eq!(code("--deny outages,note", 0), all);
    let only = code("--only future-times,outages", 3);
    assert!(only.starts_with("1 finding in 554 events of 42 keys\n\nerror    future-times"), "{only}");
    assert_eq!(code("--only outages", 0), "No findings in 554 events of 42 keys\n");
    let skipped = code("--skip future-times,ancient-times,null-times,repeated-event-ids --deny error", 0);
    assert!(skipped.starts_with("2 findings in"), "{skipped}");
}

#[test]
fn what_the_flags_refuse() {
    let folder = Folder::with(&[("in.csv", &faulty())]);
    let done = folder.command("check in.csv --deny outage").assert().code(2);
    let told = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(told.contains("there is no check 'outage'; did you mean outages?"), "{told}");
    assert_eq!(
        folder.refuses("check in.csv --deny none,error"),
        "error: --deny says none and something else; say what exits with 3, or none alone\n"
    );
    let columns = "(it has: event_id, user_id, account_id, occurred_at, kind, seen_at)";
    assert_eq!(
        folder.refuses("check in.csv --type kinds"),
        format!(
            "error: column 'kinds' is not in in.csv; did you mean kind? {columns}; name the column that says of which type \
             events are with --type\n"
        )
    );
    assert_eq!(
        folder.refuses("check in.csv --received seen"),
        format!(
            "error: column 'seen' is not in in.csv; did you mean seen_at? {columns}; name the column that says when events \
             arrived with --received\n"
        )
    );
    assert!(folder.refuses("check in.csv --event-id nothing").contains("column 'nothing' is not in in.csv"));
}

#[test]
fn thresholds_come_from_the_definition_file() {
    let folder = Folder::with(&[
        ("in.csv", &faulty()),
        ("mild.toml", "[check]\nstand_ins = [\"nobody\"]\nburst_events = 200\nfloor = 1960-01-01\n"),
        ("slip.toml", "[check]\nburst_event = 200\n"),
        ("wrong.toml", "[check]\nlate_after = 5\n"),
    ]);
    let deny = format!("{NOW} --deny none --json");
    let found = |flags: &str| -> Vec<String> {
        let all = folder.json(&format!("check in.csv {deny} {flags}"));
        let names = all["findings"].as_array().unwrap().iter();
        names.map(|finding| finding["check"].as_str().unwrap().to_owned()).collect()
    };
    let usual =
        ["null-times", "future-times", "ancient-times", "repeated-event-ids", "stand-in-keys", "fast-keys"];
    assert_eq!(found(""), usual);
    assert_eq!(found("--definition mild.toml"), ["null-times", "future-times", "repeated-event-ids"]);
    assert_eq!(
        folder.refuses("check in.csv --definition slip.toml"),
        "error: in slip.toml: [check] has no setting 'burst_event'; did you mean burst_events?\n"
    );
    assert_eq!(
        folder.refuses("check in.csv --definition wrong.toml"),
        "error: in wrong.toml: check.late_after is 5 and must be a duration, as in \"5m\"\n"
    );
    // The table is of no account elsewhere.
    folder.command("summary in.csv --definition mild.toml --null-time drop -q").assert().success();
}

#[test]
fn findings_as_json() {
    let folder = Folder::with(&[("in.csv", &faulty())]);
    let all =
        folder.json(&format!("check in.csv {NOW} --json --deny none --only fast-keys,repeated-event-ids"));
    let findings = all["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2);
    let ids = &findings[0];
    assert_eq!(
        (&ids["check"], &ids["severity"], &ids["denied"]),
        (&"repeated-event-ids".into(), &"error".into(), &false.into())
    );
    assert_eq!((&ids["count"], &ids["of"]), (&1.into(), &554.into()));
    assert_eq!(
        ids["examples"],
        serde_json::json!([{ "value": "e7", "place": "in.csv line 432", "count": 2 }])
    );
    let fast = &findings[1];
    assert_eq!(fast["examples"][0]["key"], serde_json::json!(["loop", "acme"]));
    assert_eq!(fast["examples"][0]["count"], 115);
    assert!(fast["to_do"].as_str().unwrap().contains("--where"));
}

/// Rules decide about sessions, and a check looks at all events all the same; NULL keys as it is told.
#[test]
fn rules_leave_nothing_out_of_a_check() {
    let folder = Folder::with(&[(
        "in.csv",
        "user_id,account_id,occurred_at,kind\nann,acme,2027-03-01 10:00,2\n,acme,2027-03-01 10:00,1\n",
    )]);
    let count = |flags: &str| {
        let all = folder.json(&format!("check in.csv {NOW} --json --deny none {flags}"));
        all["findings"][0]["count"].clone()
    };
    assert_eq!((count(""), count("--where 'kind = 1'")), (2.into(), 2.into()));
    assert_eq!(count("--null-key drop"), 1);
    let refused = folder.refuses(&format!("check in.csv {NOW} --null-key refuse"));
    assert!(refused.contains("NULL"), "{refused}");
}

/// What docs/check.md shows is what is printed.
#[test]
fn the_document_shows_what_is_printed() {
    let folder = Folder::with(&[]);
    folder.prints("generate -o events.parquet --events 300000 --ids int -q");
    let done = folder.command(&format!("check events.parquet --type event_type {NOW}")).assert().code(3);
    let printed = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    let document = include_str!("../../../../docs/check.md");
    assert!(document.contains(printed.trim_end()), "{printed}");
}

/// A summary says in passing what it sees of that.
#[test]
fn a_summary_points_to_the_check() {
    let mut text = String::from("user_id,account_id,occurred_at\n");
    for at in 0..300 {
        text.push_str(&format!("user{},acme,2026-03-{:02} 10:{:02}:07\n", at % 150, 1 + at % 28, at % 59));
    }
    for at in 0..100 {
        text.push_str(&format!(
            "kiosk,acme,2026-03-{:02} {:02}:{:02}:09\n",
            1 + at / 48,
            at % 48 / 2,
            at % 2 * 29
        ));
    }
    let with_null = format!("{text},acme,2026-03-01 10:00\n,,\n");
    let folder = Folder::with(&[
        ("in.csv", &text),
        ("null.csv", &with_null),
        ("mild.toml", "[check]\nlong_session = '9d'\n"),
    ]);
    let line = |flags: &str| {
        let text = folder.prints(&format!("summary {flags}"));
        text.lines().find(|line| line.starts_with("  check")).map(str::to_owned)
    };
    assert_eq!(line("in.csv --gap 5m").as_deref(), Some("  check    1 finding: see spectrum check"));
    assert_eq!(
        line("in.csv --gap 31m --gaps 5m").as_deref(),
        Some("  check    2 findings: see spectrum check")
    );
    assert_eq!(
        line("in.csv --gap 31m --definition mild.toml").as_deref(),
        Some("  check    1 finding: see spectrum check")
    );
    let findings = folder.json("summary null.csv --null-time drop --gap 31m --json")["findings"].clone();
    assert_eq!(findings, serde_json::json!(["null-times", "outsized-keys", "long-sessions"]));
}
