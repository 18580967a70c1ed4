//! Two definitions over the same events, on events whose sessions were worked out by hand.

use insta::assert_snapshot;

use crate::spectrum::Folder;

/// ann pauses for exactly half an hour once, bob has no account, cat is never idle for long, dan is a bot at times.
const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,kind
a1,ann,acme,2026-03-01T10:00:00Z,page
a2,ann,acme,2026-03-01T10:20:00Z,page
a3,ann,acme,2026-03-01T10:50:00Z,page
a4,ann,acme,2026-03-01T12:00:00Z,page
b1,bob,,2026-03-01T10:00:00Z,page
b2,bob,,2026-03-01T10:30:00Z,page
c1,cat,acme,2026-03-01T10:00:00Z,page
c2,cat,acme,2026-03-01T10:25:00Z,page
c3,cat,acme,2026-03-01T10:50:00Z,page
d1,dan,acme,2026-03-01T10:00:00Z,page
d2,dan,acme,2026-03-01T10:10:00Z,crawl
d3,dan,acme,2026-03-01T23:00:00Z,crawl
";

fn folder() -> Folder {
    Folder::with(&[("events.csv", EVENTS)])
}

/// The sessions of A and B, and of either side those that are the same, split, merged and shifted; then the events that moved.
fn counts(folder: &Folder, flags: &str) -> ([u64; 5], [u64; 5], u64) {
    counts_of(folder, &format!("events.csv {flags}"))
}

fn counts_of(folder: &Folder, arguments: &str) -> ([u64; 5], [u64; 5], u64) {
    let found = folder.json(&format!("compare {arguments} --json"));
    let side = |side: &str| {
        ["sessions", "same", "split", "merged", "shifted"].map(|name| found[side][name].as_u64().unwrap())
    };
    (side("a"), side("b"), found["moved"].as_u64().unwrap())
}

#[test]
fn same_split_and_merged() {
    let folder = folder();
    // a1 a2 a3 and b1 b2 are one session each, and two where a pause of the gap parts; c and the rest are as they were.
    let (a, b) = ("gap=30m", "gap=30m,at_gap=new");
    assert_eq!(counts(&folder, &format!("--a {a} --b {b}")), ([6, 4, 2, 0, 0], [8, 4, 4, 0, 0], 5));
    assert_eq!(counts(&folder, &format!("--a {b} --b {a}")), ([8, 4, 0, 4, 0], [6, 4, 0, 2, 0], 5));
    assert_eq!(counts(&folder, &format!("--a {a} --b original")), ([6, 6, 0, 0, 0], [6, 6, 0, 0, 0], 0));
}

#[test]
fn shifted() {
    // c1 c2 | c3 against c1 | c2 c3; a1 a2 | a3 is merged into, b1 b2 is not parted by 10:45, and neither is d1 d2.
    let flags = "--a gap=30m,max_duration=30m --b gap=30m,split_at=10:22";
    // A: a1a2 a3 a4 b1b2 c1c2 c3 d1d2 d3; B: a1a2 a3 a4 b1 b2 c1 c2c3 d1d2 d3.
    assert_eq!(counts(&folder(), flags), ([8, 5, 1, 0, 2], [9, 5, 2, 0, 2], 5));
}

/// A session that loses an event is another one, and so is one that is nowhere any more.
#[test]
fn events_without_a_session_on_one_side() {
    let folder = folder();
    let (all, pages) = ("gap=30m", "where=kind in ('page','post'),gap=30m");
    let found = |a: &str, b: &str| {
        let mut command = folder.command("compare events.csv --json --quiet");
        let output = command.args(["--a", a, "--b", b]).assert().success().get_output().stdout.clone();
        serde_json::from_slice::<serde_json::Value>(&output).unwrap()
    };
    let there = found(all, pages);
    let side = |found: &serde_json::Value, side: &str| {
        ["sessions", "same", "split", "merged", "shifted", "not_taking_part", "without_session"]
            .map(|name| found[side][name].as_u64().unwrap())
    };
    assert_eq!(side(&there, "a"), [6, 4, 0, 0, 2, 0, 0]);
    assert_eq!(side(&there, "b"), [5, 4, 0, 0, 1, 2, 0]);
    assert_eq!((&there["moved"], &there["events"]), (&3.into(), &12.into()));
    let ids: Vec<_> =
        there["examples"].as_array().unwrap().iter().map(|example| &example["event_id"]).collect();
    assert_eq!(ids, ["d2", "d3"]);
    let words = "A has it in session 1, B in none: it takes no part (where kind in ('page','post'))";
    assert_eq!(there["examples"][0]["in_words"], words);
    // Passive events of dan have a session with d1, and none at night.
    let back = found("passive_when=kind = 'crawl'", all);
    assert_eq!(side(&back, "a"), [5, 5, 0, 0, 0, 0, 1]);
    assert_eq!(side(&back, "b"), [6, 5, 0, 0, 1, 0, 0]);
    let words = "B has it in session 2, A in none: it is passive or ignored where no session holds";
    assert_eq!(back["examples"][0]["in_words"], words);
}

/// The events that moved, with the numbers of their sessions, in the order of the input.
#[test]
fn events_that_moved_are_written() {
    let folder = folder();
    let flags = "--a gap=30m --b gap=30m,at_gap=new --quiet";
    folder.prints(&format!("compare events.csv {flags} -o moved.csv"));
    let moved = "event_id,user_id,account_id,occurred_at,session_a,session_b\n\
                 a1,ann,acme,2026-03-01T10:00:00Z,1,1\n\
                 a2,ann,acme,2026-03-01T10:20:00Z,1,1\n\
                 a3,ann,acme,2026-03-01T10:50:00Z,1,2\n\
                 b1,bob,,2026-03-01T10:00:00Z,1,1\n\
                 b2,bob,,2026-03-01T10:30:00Z,1,2\n";
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(text("moved.csv"), moved);
    assert!(folder.refuses(&format!("compare events.csv {flags} -o moved.csv")).contains("--force"));
    folder.prints(&format!("compare events.csv {flags} -o moved.csv --force"));
    // On standard output they are alone; the report goes elsewhere.
    let done = folder.command(&format!("compare events.csv {flags} -o -")).assert().success();
    assert_eq!(String::from_utf8_lossy(&done.get_output().stdout), moved);
    assert!(String::from_utf8_lossy(&done.get_output().stderr).contains("moved    5 events"));
    folder.prints(&format!("compare events.csv {flags} -o moved.ndjson"));
    let first = text("moved.ndjson").lines().next().unwrap().to_owned();
    assert!(first.ends_with("\"session_a\":1,\"session_b\":1}"), "{first}");
    folder.prints(&format!("compare events.csv {flags} -o moved.parquet"));
    let again = folder.json("summary moved.parquet --json");
    assert_eq!(again["events"], 5);
    // Nothing has moved, and the file says so.
    folder.prints("compare events.csv --a original --b gap=30m -o none.csv");
    assert_eq!(text("none.csv"), "event_id,user_id,account_id,occurred_at,session_a,session_b\n");
}

/// Sessions as somebody recorded them: their events need not be neighbours, and some events have none.
#[test]
fn recorded_sessions() {
    let events = "\
event_id,user_id,account_id,occurred_at,sid
a1,ann,acme,2026-03-01T10:00:00Z,17
a2,ann,acme,2026-03-01T10:10:00Z,18
a3,ann,acme,2026-03-01T10:20:00Z,17
b1,bob,acme,2026-03-01T10:00:00Z,17
b2,bob,acme,2026-03-02T10:00:00Z,17
c1,cat,acme,2026-03-01T10:00:00Z,
c2,cat,acme,2026-03-01T10:05:00Z,5
";
    let folder = Folder::with(&[("events.csv", events)]);
    // A: a1a3, a2, b1b2, c2; B: a1a2a3, b1, b2, c1c2. Ann's are merged, bob's split, and c2 has lost c1.
    let flags = "--a recorded=sid --b gap=30m --quiet";
    assert_eq!(counts(&folder, flags), ([4, 0, 1, 2, 1], [4, 0, 2, 1, 1], 7));
    let found = folder.json(&format!("compare events.csv --json {flags}"));
    assert_eq!((&found["a"]["not_taking_part"], &found["events"]), (&1.into(), &7.into()));
    let words: Vec<_> = found["examples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|example| example["in_words"].as_str().unwrap())
        .collect();
    assert_eq!(
        words,
        [
            "B has it in session 1, A in none: sid is NULL",
            "B goes on with session 1, A starts session 5: so it was recorded",
            "B goes on with session 1, A starts session 18: so it was recorded",
            "A goes on with session 17, B starts session 2: the pause of 1d is longer than the gap of 30m",
        ]
    );
    folder.prints(&format!("compare events.csv {flags} -o moved.csv"));
    let moved = std::fs::read_to_string(folder.path().join("moved.csv")).unwrap();
    assert!(
        moved.contains("b2,bob,acme,2026-03-02T10:00:00Z,17,2\nc1,cat,acme,2026-03-01T10:00:00Z,,1\n"),
        "{moved}"
    );
    let refused = folder.refuses("compare events.csv --a recorded=sid,gap=1h --b gap=30m");
    assert!(
        refused.ends_with("recorded sessions follow no rule; leave out the settings beside them\n"),
        "{refused}"
    );
    let refused = folder.refuses("compare events.csv --a recorded=nothere --b gap=30m");
    let remedy = "; name the column that has recorded sessions, as in recorded=ga_session_id\n";
    assert!(refused.contains("'nothere' is not in") && refused.ends_with(remedy), "{refused}");
    assert!(
        folder
            .refuses("compare events.csv --a recorded=user_id --b gap=30m")
            .contains("'user_id' stands in the key")
    );
}

/// Which columns make keys and times is said once for both, by a flag or by the file of either side.
#[test]
fn columns_come_from_flags_or_from_a_file() {
    let folder = Folder::with(&[
        ("events.csv", "click,visitor,at\n1,v,2026-03-01T10:00:00Z\n2,v,2026-03-01T10:30:00Z\n"),
        (
            "ours.toml",
            "[events]\nkey = ['visitor']\ntime = 'at'\nevent_id = 'click'\n[session]\ngap = '1h'\n",
        ),
        ("theirs.toml", "[events]\nkey = ['client']\ntime = 'at'\nevent_id = 'click'\n"),
    ]);
    let expected = ([1, 0, 1, 0, 0], [2, 0, 2, 0, 0], 2);
    assert_eq!(counts(&folder, "--a ours.toml --b beam,gap=30m"), expected);
    assert_eq!(counts(&folder, "--a ours.toml --b ours.toml,gap=5m"), expected);
    assert_eq!(counts(&folder, "--a gap=1h --b gap=5m --key visitor --time at --event-id click"), expected);
    assert_eq!(counts(&folder, "--a ours.toml --b theirs.toml,gap=5m --key visitor"), expected);
    let refused = folder.refuses("compare events.csv --a ours.toml --b theirs.toml");
    assert_eq!(
        refused,
        "error: the two definitions are about different events: the key of one is visitor, and of the other client; name \
         what both have with --key, --time or --event-id\n"
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = Folder::with(&[
        ("events.csv", EVENTS),
        ("taken.csv", "event_id,session_a,occurred_at\n1,v,2026-03-01T10:00:00Z\n"),
        ("bad.toml", "[session]\ngap = '0m'\n"),
    ]);
    let flags = [
        "events.csv --a original --b matomo",
        "events.csv --a original --b matamo",
        "events.csv --a original --b bad.toml",
        "events.csv --a original --b nothere.toml",
        "events.csv --a original --b deployed",
        "events.csv --a original --b gap=30m,key=user_id",
        "events.csv --a original --b matomo,timezone=UTC",
        "events.csv --a original --b gap=1h --event-id nothere",
        "taken.csv --a original --b gap=1h --key session_a -o moved.csv",
        "events.csv --a original --b gap=1h -o moved.txt",
    ];
    let refused = flags.map(|flags| format!("{flags}\n{}", folder.refuses(&format!("compare {flags}"))));
    assert_snapshot!("compare_refused", refused.join("\n"));
}

#[test]
fn the_report_in_words() {
    let folder = folder();
    assert_snapshot!(
        "compare",
        folder.prints("compare events.csv --a original --b gap=30m,at_gap=new,split_at=10:05")
    );
    assert_snapshot!("compare_nothing", folder.prints("compare events.csv --a original --b gap=30m"));
}

/// What docs/compare.md and docs/presets.md show is what is printed.
#[test]
fn documents_show_what_is_printed() {
    let folder = Folder::with(&[]);
    folder.prints("generate --events 100000 -o events.parquet --json");
    let mut shown = 0;
    for document in [include_str!("../../../../docs/compare.md"), include_str!("../../../../docs/presets.md")]
    {
        for block in document.split("```console\n$ spectrum ").skip(1) {
            let (command, rest) = block.split_once('\n').unwrap();
            let (output, _) = rest.split_once("```\n").unwrap();
            assert_eq!(folder.prints(command), output, "spectrum {command}");
            shown += 1;
        }
        // The table of comparisons: sessions of both, the same, split into, merged, shifted and moved.
        for row in document.lines().filter(|line| line.starts_with("| `original` |")) {
            let cells: Vec<String> = row.split('|').map(|cell| cell.trim().replace([',', '`'], "")).collect();
            let b = row.split('`').nth(3).unwrap();
            let (of_a, of_b, moved) = counts_of(&folder, &format!("events.parquet --a original --b {b}"));
            let found = [of_a[0], of_b[0], of_a[1], of_a[2], of_b[2], of_a[3], of_a[4], of_b[4], moved];
            let said = cells[3..12].iter().map(|cell| cell.split(' ').next().unwrap().parse().unwrap());
            assert_eq!(said.collect::<Vec<u64>>(), found, "{b}");
            shown += 1;
        }
    }
    assert_eq!(shown, 7);
}
