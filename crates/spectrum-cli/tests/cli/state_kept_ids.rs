//! A state that begins with ids that were published before.

use std::fs;

use insta::assert_snapshot;

use crate::spectrum::Folder;
use crate::state::{LATE, MONDAY, TUESDAY, folder, run};

fn ids(folder: &Folder, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.path().join(name)).unwrap();
    text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().to_owned()).collect()
}

const KEEP: &str = "--id persistent --keep-ids";

/// Whatever scheme gave them, and in whatever format the table is.
#[test]
fn published_ids_of_another_scheme_stay_valid() {
    for (id, table) in
        [("sequence", "s.parquet"), ("encoded", "s.csv"), ("start", "s.ndjson"), ("encoded", "s.parquet")]
    {
        let folder = folder();
        folder.prints(&format!(
            "run monday.csv tuesday.csv -o published/ --id {id} --sessions {table} --quiet"
        ));
        let told = run(&folder, "monday.csv tuesday.csv", &format!("{KEEP} {table}"));
        assert!(told.contains("\n  kept   3 published ids\n"), "{told}");
        for name in ["monday.csv", "tuesday.csv"] {
            let published = ids(&folder, &format!("published/{name}"));
            assert_eq!(ids(&folder, &format!("out/{name}")), published, "{id}: {name}");
        }
        // An event that begins a session earlier changes none of them.
        let earlier = LATE.replace("T08:00", "T09:40");
        fs::write(folder.path().join("earlier.csv"), earlier).unwrap();
        run(&folder, "earlier.csv", "--id persistent");
        let published = ids(&folder, "published/monday.csv");
        assert_eq!(ids(&folder, "out/earlier.csv")[0], published[2]);
        let told = folder.prints(&format!("resolve {} --state state", published[2]));
        assert!(told.ends_with("  its own id was given before the state began\n"), "{told}");
        assert!(folder.prints("state state --verify").contains("all 3 sessions of the files are here"));
    }
}

/// A longer gap makes one session of two that were published, and a shorter one two of one.
#[test]
fn published_ids_follow_their_sessions_under_another_rule() {
    let folder = folder();
    let text = "\
event_id,user_id,account_id,occurred_at
a1,ann,acme,2026-03-02T10:00:00Z
a2,ann,acme,2026-03-02T11:00:00Z
b1,bob,acme,2026-03-02T10:00:00Z
b2,bob,acme,2026-03-02T10:20:00Z
";
    fs::write(folder.path().join("all.csv"), text).unwrap();
    folder.prints("run all.csv -o published.csv --id encoded --sessions s.csv --quiet");
    let published = ids(&folder, "published.csv");
    run(&folder, "all.csv", &format!("{KEEP} s.csv --gap 1h"));
    let now = ids(&folder, "out/all.csv");
    assert_eq!(now, [&published[0], &published[0], &published[2], &published[2]].map(String::clone));
    let told = folder.json(&format!("resolve {} --state state --json", published[1]));
    assert_eq!((told["state"].as_str(), told["current_id"].as_str()), (Some("alias"), Some(&*published[0])));
    folder.prints(&format!("run all.csv -o shorter/ --state other {KEEP} s.csv --gap 10m --quiet"));
    let now = ids(&folder, "shorter/all.csv");
    assert_eq!((&now[..2], &now[2]), (&published[..2], &published[2]));
    assert!(!published.contains(&now[3]));
}

#[test]
fn ids_that_cannot_be_kept_are_refused() {
    let folder = folder();
    folder.prints("run monday.csv tuesday.csv -o published/ --id encoded --sessions s.csv --quiet");
    let refuses = |flags: &str| folder.refuses(&format!("run monday.csv -o out/ --state state {flags}"));
    assert_snapshot!(refuses("--id encoded --keep-ids s.csv"), @"error: ids of the scheme encoded follow from the events alone, so published ones cannot be kept; name sessions by the scheme persistent");
    assert_snapshot!(refuses(&format!("{KEEP} s.csv")), @"error: 1 id in s.csv is of a session that has no event here, and would be lost, as d6341192bf66742b8b4338a43fb51482 of user_id cat, account_id acme; name all files whose sessions were published, or take out of the table what is to be forgotten");
    assert_snapshot!(refuses(&format!("{KEEP} monday.csv")), @"error: column 'session_id' is not in monday.csv (it has: event_id, user_id, account_id, occurred_at); name a table of sessions, which has session_id, the key and started_at");
    let table = fs::read_to_string(folder.path().join("s.csv")).unwrap();
    let id = ids(&folder, "published/monday.csv")[2].clone();
    fs::write(folder.path().join("other.csv"), table.replace(&id, "bob-1")).unwrap();
    assert_snapshot!(refuses(&format!("{KEEP} other.csv")), @"error: 'bob-1' in column session_id of other.csv is not an id, which is 32 characters of 0-9 and a-f");
    assert!(!folder.path().join("state").exists() && !folder.path().join("out").exists());
    run(&folder, "monday.csv", "--id persistent");
    assert_snapshot!(folder.refuses(&format!("run tuesday.csv -o out/ --state state {KEEP} s.csv")), @"error: published ids are kept by the run that begins a state, and this one has had 1 run; leave them out, or begin a new state with all files");
}

/// One id of two sessions stays with the earlier; a session without one gets one.
#[test]
fn shared_and_missing_ids() {
    let folder = folder();
    let table = "\
session_id,user_id,account_id,started_at
00000000000000000000000000000001,bob,acme,2026-03-02T10:00:00Z
00000000000000000000000000000001,ann,acme,2026-03-02T23:30:00Z
,cat,acme,2026-03-03T09:00:00Z
";
    fs::write(folder.path().join("s.csv"), table).unwrap();
    fs::write(folder.path().join("all.csv"), format!("{MONDAY}{}", TUESDAY.split_once('\n').unwrap().1))
        .unwrap();
    run(&folder, "all.csv", &format!("{KEEP} s.csv"));
    let now = ids(&folder, "out/all.csv");
    assert_eq!(now[2], "00000000000000000000000000000001");
    assert_eq!((&now[0], &now[0]), (&now[1], &now[3]));
    assert!(now[0] != now[2] && now[4] != now[2] && now[4].len() == 32);
}
