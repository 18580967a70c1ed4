//! Which sessions could still go on at a time, worked out by hand.

use insta::assert_snapshot;

use crate::spectrum::Folder;

/// ann and bob were here last at 10:00, cat left at 09:50 with a logout, dan came once at 08:00.
const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,event_type
a1,ann,acme,2026-03-01T09:45:00Z,page_view
a2,ann,acme,2026-03-01T10:00:00Z,page_view
b1,bob,acme,2026-03-01T09:00:00Z,page_view
b2,bob,acme,2026-03-01T09:30:00Z,page_view
b3,bob,acme,2026-03-01T10:00:00Z,video
c1,cat,acme,2026-03-01T09:49:00Z,page_view
c2,cat,acme,2026-03-01T09:50:00Z,logout
d1,dan,acme,2026-03-01T08:00:00Z,page_view
";

fn folder() -> Folder {
    Folder::with(&[("events.csv", EVENTS)])
}

/// Whose sessions are open, as the sessions table has it; the summary counts as many.
fn open(folder: &Folder, input: &str, flags: &str, as_of: &str) -> Vec<String> {
    let arguments = format!("{input} {flags} --as-of {as_of}");
    folder.prints(&format!("run {arguments} -o out.csv --sessions sessions.csv --force --quiet"));
    let table = std::fs::read_to_string(folder.path().join("sessions.csv")).unwrap();
    let (header, rows) = table.split_once('\n').unwrap();
    assert!(header.ends_with(",is_open"), "{header}");
    let open = rows.lines().filter(|line| line.ends_with(",true"));
    let mut open: Vec<String> = open.map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
    open.sort_unstable();
    let summary = folder.json(&format!("summary {arguments} --json"));
    assert_eq!((&summary["open_sessions"], &summary["as_of"]), (&open.len().into(), &as_of.into()));
    open
}

#[test]
fn within_the_gap_and_at_it() {
    let folder = folder();
    let at = |flags, time: &str| open(&folder, "events.csv", flags, &format!("2026-03-01T{time}Z"));
    let nobody: [&str; 0] = [];
    assert_eq!(at("", "10:00:00"), ["ann", "bob", "cat"]);
    assert_eq!(at("", "10:20:00"), ["ann", "bob", "cat"]);
    assert_eq!(at("", "10:20:00.000001"), ["ann", "bob"]);
    // Exactly the gap stays in the session, unless the definition says that it does not.
    assert_eq!(at("", "10:30:00"), ["ann", "bob"]);
    assert_eq!(at("--at-gap new", "10:30:00"), nobody);
    assert_eq!(at("--at-gap new", "10:29:59.999999"), ["ann", "bob"]);
    assert_eq!(at("", "10:30:00.000001"), nobody);
    // The same instant in another zone.
    assert_eq!(at("", "10:00:00")[..2], open(&folder, "events.csv", "", "2026-03-01T12:30:00+02:00"));
}

#[test]
fn no_rule_has_ended_it() {
    let folder = folder();
    let at = |flags, time: &str| open(&folder, "events.csv", flags, &format!("2026-03-01T{time}Z"));
    std::fs::write(
        folder.path().join("rules.toml"),
        "[session]\nend_when = \"event_type = 'logout'\"\ngap_when = [{ when = \"event_type = 'video'\", gap = '4h' }]\n",
    )
    .unwrap();
    // A logout was the last of its session.
    assert_eq!(at("--definition rules.toml", "10:10:00"), ["ann", "bob"]);
    // After a video four hours are not too long.
    assert_eq!(at("--definition rules.toml", "14:00:00"), ["bob"]);
    // A day begins at 10:15 for those who count so; the session before it has ended then.
    assert_eq!(at("--split-at 10:15 --timezone UTC", "10:14:59"), ["ann", "bob", "cat"]);
    assert_eq!(at("--split-at 10:15 --timezone UTC", "10:15:00").len(), 0);
    // bob's session began an hour before 10:00, and cat's 26 minutes before 10:15; of 26 minutes, bob's last began at 10:00.
    assert_eq!(at("--max-duration 1h", "10:00:00"), ["ann", "bob", "cat"]);
    assert_eq!(at("--max-duration 1h", "10:00:01"), ["ann", "cat"]);
    assert_eq!(at("--max-duration 26m", "10:15:00"), ["bob", "cat"]);
    // bob has three events, and ann and cat have two.
    assert_eq!(at("--max-events 3", "10:00:00"), ["ann", "cat"]);
    // Nobody knows whether the next event has another value.
    assert_eq!(at("--split-on event_type", "10:10:00"), ["ann", "bob", "cat"]);
}

/// Whatever the format, the order and the number of threads are, and beside other gaps.
#[test]
fn every_way_says_the_same() {
    let folder = folder();
    folder.prints("run events.csv -o events.parquet --session-column other --quiet");
    folder.prints("run events.csv -o events.ndjson --session-column other --quiet");
    let time = "2026-03-01T10:25:00Z";
    for flags in ["", "--max-duration 59m --threads 3", "--max-events 2"] {
        let expected = open(&folder, "events.csv", flags, time);
        for input in ["events.parquet", "events.ndjson"] {
            assert_eq!(open(&folder, input, flags, time), expected, "{input} {flags}");
        }
    }
    let with_gaps = folder.json(&format!("summary events.csv --gaps 1m,3h --as-of {time} --json"));
    assert_eq!(with_gaps["open_sessions"], 2);
    // Times without a zone, and dates.
    std::fs::write(folder.path().join("naive.csv"), EVENTS.replace("Z,", ",")).unwrap();
    assert_eq!(open(&folder, "naive.csv", "", "2026-03-01T10:25:00"), ["ann", "bob"]);
    std::fs::write(
        folder.path().join("days.csv"),
        "event_id,user_id,account_id,occurred_at\n1,ann,a,2026-03-01\n",
    )
    .unwrap();
    assert_eq!(open(&folder, "days.csv", "--gap 1d", "2026-03-02"), ["ann"]);
    assert_eq!(open(&folder, "days.csv", "--gap 1d --at-gap new", "2026-03-02").len(), 0);
    std::fs::write(
        folder.path().join("counted.csv"),
        "event_id,user_id,account_id,occurred_at\n1,ann,a,1767261600\n",
    )
    .unwrap();
    assert_eq!(open(&folder, "counted.csv", "--time-unit s", "2026-01-01T10:30:00Z"), ["ann"]);
}

#[test]
fn a_summary_says_it_in_words() {
    let summary = folder().prints("summary events.csv --as-of 2026-03-01T10:10:00Z");
    let line = summary.lines().find(|line| line.contains("open")).unwrap();
    assert_eq!(line, "  open     3 sessions could go on at 2026-03-01T10:10:00Z");
}

#[test]
fn what_cannot_be_known_is_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("naive.csv"), EVENTS.replace("Z,", ",")).unwrap();
    std::fs::write(
        folder.path().join("counted.csv"),
        "event_id,user_id,account_id,occurred_at\n1,ann,a,1767261600\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("told.toml"),
        "[summary.columns]\nis_open = { count = 'event_id is null' }\n",
    )
    .unwrap();
    let flags = [
        "summary events.csv --as-of 2026-03-01T09:59:59Z",
        "summary events.csv --as-of 2026-03-01T09:59:59Z --max-duration 3h",
        "summary events.csv --as-of 2026-03-01T10:00:00",
        "summary naive.csv --as-of 2026-03-01T10:00:00Z",
        "summary counted.csv --time-unit s --as-of 2026-01-01T10:00:00.5Z",
        "run events.csv -o x.csv --sessions y.csv --as-of 2026-03-01T10:00:00Z --definition told.toml",
        "run events.csv -o x.parquet --sessions y.parquet --engine duckdb --as-of 2026-03-01T10:00:00Z",
    ];
    let refused = flags.map(|flags| format!("{flags}\n{}", folder.refuses(flags)));
    assert_snapshot!("as_of_refused", refused.join("\n"));
    assert!(!folder.path().join("x.csv").exists());
    for (flags, said) in [
        ("summary events.csv --as-of yesterday", "'yesterday' is not a time"),
        ("run events.csv -o x.csv --as-of 2026-03-01T10:00:00Z", "--sessions"),
    ] {
        let done = folder.command(flags).assert().code(2);
        let text = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        assert!(text.contains(said), "{text}");
    }
}
