//! Ids that last, as people use them and read of them.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

/// The events of one person: two sessions that a late event has joined, and one that is gone.
fn joined() -> (Database, Folder) {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES
           ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:50Z'),
           ('e3', 'u2', 'a', '2026-01-01 12:00Z');",
    );
    database.prints(&folder, "deploy --mode incremental --id persistent --create-index --quiet", 0);
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e4', 'u1', 'a', '2026-01-01 10:25Z'), ('e5', 'u1', 'a', '2026-01-01 09:00Z');
         DELETE FROM warehouse.fact_events WHERE user_id = 'u2';",
    );
    database.prints(&folder, "refresh --quiet", 0);
    (database, folder)
}

/// What is printed, without the times of this run.
fn untimed(text: &str) -> String {
    let mut out = Vec::new();
    for line in text.lines() {
        let cut = ["since ", "first at "].iter().find_map(|word| line.find(word).map(|at| at + word.len()));
        out.push(match cut.and_then(|at| Some((at, at + line[at..].find(" UTC")?))) {
            Some((from, to)) => format!("{}TIME{}", &line[..from], &line[to..]),
            None => line.to_owned(),
        });
    }
    out.join("\n")
}

#[test]
fn an_id_leads_to_its_session_for_ever() {
    let (database, folder) = joined();
    let ids =
        database.run("SELECT STRING_AGG(session_id, ' ' ORDER BY founded_no) FROM analytics.session_ids;");
    let ids: Vec<&str> = ids.split(' ').collect();
    let resolve = |id: &str, code| database.prints(&folder, &format!("resolve {id}"), code);
    let (current, _) = resolve(ids[0], 0);
    assert_snapshot!(untimed(&current), @r"
    7371d7dd4cd0306cbc2cc712e93d0681 is the id of a session, since TIME UTC
      user_id u1, account_id a: 2026-01-01 10:00:00+00 to 2026-01-01 10:50:00+00, 3 events
      given first at TIME UTC
    ");
    let (alias, _) = resolve(ids[1], 0);
    assert_snapshot!(untimed(&alias), @r"
    121ef12ed9641b97d3d9f0f8bfe4309d leads to 7371d7dd4cd0306cbc2cc712e93d0681, since TIME UTC
      user_id u1, account_id a: 2026-01-01 10:00:00+00 to 2026-01-01 10:50:00+00, 3 events
      given first at TIME UTC
    ");
    let (gone, error) = resolve(ids[2], 3);
    assert_snapshot!(untimed(&gone), @r"
    36604ae8fd2cea8435652fb5970fd16c is gone, since TIME UTC, and is never given again
      given first at TIME UTC
    ");
    assert_snapshot!(error, @"error: no event is left of the session 36604ae8fd2cea8435652fb5970fd16c");
    let (_, error) = resolve("17", 1);
    assert_snapshot!(error, @"error: no session ever had the id '17' here; an id is 32 characters of 0-9 and a-f");
    let (json, _) = database.prints(&folder, &format!("resolve {} --json", ids[1]), 0);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["state"], "alias");
    assert_eq!(json["current_id"], ids[0]);
    assert_eq!(json["session"]["key"]["user_id"], "u1");
    assert_eq!(json["session"]["events"], 3);
    let (json, _) = database.prints(&folder, &format!("resolve {} --json", ids[2]), 3);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["state"], &json["current_id"], &json["session"]),
        (&"gone".into(), &serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(
        database.run("SELECT alias || ' ' || current_id FROM analytics.v_session_aliases;"),
        format!("{} {}", ids[1], ids[0])
    );
    let (status, _) = database.prints(&folder, "status", 0);
    let told: Vec<&str> = status.lines().filter(|line| line.starts_with("  ids ")).collect();
    assert_snapshot!(told.join("\n"), @"  ids    1 of sessions that are a part of others now, 1 of sessions that are gone");
    let (status, _) = database.prints(&folder, "status --json", 0);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["past_ids"], serde_json::json!({ "aliases": 1, "gone": 1 }));
}

#[test]
fn who_may_resolve_and_where() {
    let (database, folder) = joined();
    let id = database.run("SELECT session_id FROM analytics.session_ids ORDER BY founded_no LIMIT 1;");
    let role = format!("reader_{}", database.run("SELECT current_database();"));
    database.run(&format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA analytics TO {role};"));
    let resolve = || {
        let mut command = database.command(&folder, &format!("resolve {id}"));
        let done = command.env("PGUSER", &role).output().unwrap();
        String::from_utf8(if done.status.success() { done.stdout } else { done.stderr }).unwrap()
    };
    assert_snapshot!(resolve().replace(&role, "ROLE"), @"error: this role may not read analytics.session_ids; GRANT USAGE ON SCHEMA analytics TO ROLE; GRANT SELECT ON analytics.session_ids TO ROLE");
    // The id alone, and then what the summary tells of it.
    database.run(&format!("GRANT SELECT ON analytics.session_ids TO {role};"));
    let alone = resolve();
    assert!(alone.contains("is the id of a session, since") && !alone.contains("user_id"), "{alone}");
    database.run(&format!("GRANT SELECT ON analytics.mv_session_summary TO {role};"));
    let told = resolve();
    assert!(told.contains("user_id u1, account_id a"), "{told}");

    database.prints(&folder, "deploy --id start --yes --quiet", 0);
    let (_, error) = database.prints(&folder, &format!("resolve {id}"), 1);
    assert_snapshot!(error, @"error: analytics.mv_sessions has ids of the scheme start, which nobody remembers; ids that can be looked up are those of spectrum deploy --id persistent");
}

#[test]
fn ids_that_last_need_tables() {
    let (database, folder) = joined();
    let (_, error) = database.prints(&folder, "deploy --mode view --yes", 1);
    assert_snapshot!(error, @"error: ids of the scheme persistent need a memory of what was there before, and mode view computes everything from the events alone; deploy with --mode incremental, or take --id start");
    let (_, error) = database.prints(&folder, "deploy --id encoded --keep-ids --yes", 1);
    assert_snapshot!(error, @"error: ids of the scheme encoded follow from the events alone, so the present ones cannot be kept; deploy with --id persistent");
    let (_, error) = database.prints(&folder, "deploy --id encoded", 1);
    assert_snapshot!(error, @r"
    error: id scheme persistent is now encoded, which changes ids of sessions
    nothing was changed; say --yes if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is
    ");
    // Another gap takes no id away, so nobody is asked.
    database.prints(&folder, "deploy --gap 1h --quiet", 0);
    let (told, _) = database.prints(&folder, "verify", 0);
    let told: Vec<&str> = told.lines().filter(|line| line.contains(" ids ")).collect();
    assert_snapshot!(told.join("\n"), @"  ok       ids         every id that was given resolves to one session, or is gone");
}

#[test]
fn a_person_is_erased_with_the_ids() {
    let (database, folder) = joined();
    let (printed, _) = database.prints(&folder, "erase --key user_id=u1 --events --yes", 0);
    let told: Vec<&str> = printed.lines().filter(|line| line.contains("analytics.session_ids")).collect();
    assert_snapshot!(told.join("\n"), @"  analytics.session_ids: 3 rows removed, 0 remain");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.session_ids WHERE user_id = 'u1';"), "0");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.session_ids WHERE user_id = 'u2';"), "1");
    database.prints(&folder, "verify", 0);
}

#[test]
fn sessions_of_old_events_that_go_are_kept() {
    let (database, _) = joined();
    let folder = Folder::with(&[
        ("old.toml", "[retention]\nevents = \"90 days\"\n"),
        ("bad.toml", "[retention]\nevents = \"soon\"\n"),
        ("none.toml", "[retention]\nevents = \"none\"\n"),
    ]);
    let (_, error) = database.prints(&folder, "deploy --definition bad.toml", 1);
    assert_snapshot!(error, @r#"error: in bad.toml: [retention] events = "soon" is neither an age, as in "90d", nor "none": gap 'soon' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M"#);
    database.prints(&folder, "deploy --definition old.toml --quiet", 0);
    database.run("DELETE FROM warehouse.fact_events WHERE event_id IN ('e1', 'e2');");
    let (report, _) = database.prints(&folder, "refresh", 0);
    assert!(!report.contains("removed") && !report.contains("dropped"), "{report}");
    let (status, _) = database.prints(&folder, "status --definition old.toml", 0);
    let told: Vec<&str> = status.lines().filter(|line| line.starts_with("  old ")).collect();
    assert_snapshot!(told.join("\n"), @"  old    sessions of events that are 90d old stay when these go; otherwise sessions go with their events, and later ones of the same keys get other numbers and keep their ids");
    assert_eq!(database.json(&folder, "status --json")["retention"], "90d");
    database.prints(&folder, "verify", 0);
    let (_, error) = database.prints(&folder, "deploy --definition none.toml --yes", 1);
    assert_snapshot!(error, @r"error: analytics.spectrum_changes_kept_events holds 2 events that are gone, and this deployment keeps none, so they would be lost; if they may be, TRUNCATE analytics.spectrum_changes_kept_events, and if not, bring them back first (INSERT INTO warehouse.fact_events SELECT ... FROM analytics.spectrum_changes_kept_events) or save a copy of it");
}
