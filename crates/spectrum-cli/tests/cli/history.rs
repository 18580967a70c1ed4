//! What sessions were, as people ask for it and read of it.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

/// Two sessions of u1 and one of u2, and four refreshes: one session is extended, a late one is seen before both, an event
/// joins the two, and the first event goes with the session of u2.
fn lived(id: &str) -> (Database, Folder) {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES
           ('e1', 'u1', 'a', '2026-11-23 10:00Z'), ('e2', 'u1', 'a', '2026-11-23 10:50Z'),
           ('e3', 'u2', 'a', '2026-11-23 12:00Z');",
    );
    let deploy = format!("deploy --mode incremental --id {id} --history 30d --create-index --quiet");
    database.prints(&folder, &deploy, 0);
    let event = |id: &str, at: &str| {
        format!("INSERT INTO warehouse.fact_events VALUES ('{id}', 'u1', 'a', '2026-11-23 {at}Z');")
    };
    let changes = [
        event("e4", "11:05"),
        event("e5", "09:00"),
        event("e6", "10:25"),
        "DELETE FROM warehouse.fact_events WHERE event_id IN ('e1', 'e3');".to_owned(),
    ];
    for change in changes {
        database.run(&change);
        database.prints(&folder, "refresh --quiet", 0);
    }
    (database, folder)
}

/// What is printed, with the times of this run by their order.
fn untimed(text: &str) -> String {
    let first =
        [" begins at ", " had it since "].iter().find_map(|words| Some(text.find(words)? + words.len()));
    let today = &text[first.unwrap()..][..10];
    let (mut seen, mut out, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find(today) {
        let time = &rest[at..at + 26];
        let known = seen.iter().position(|seen| *seen == time);
        let known = known.unwrap_or_else(|| {
            seen.push(time);
            seen.len() - 1
        });
        out.push_str(&rest[..at]);
        out.push_str(&format!("2026-11-24 09:0{known}:00.123456"));
        rest = &rest[at + 26..];
    }
    out + rest
}

/// The ids of sessions that u1 or u2 has or had, by their numbers.
fn ids(database: &Database, condition: &str) -> Vec<String> {
    let all = database.run(&format!(
        "SELECT STRING_AGG(session_id, ' ' ORDER BY started_at) FROM (
           SELECT DISTINCT ON (session_id) session_id, started_at FROM (
             SELECT session_id, user_id, started_at FROM analytics.mv_session_summary
             UNION ALL SELECT session_id, user_id, started_at FROM analytics.session_history) s
           WHERE {condition} ORDER BY session_id, started_at) s;"
    ));
    all.split(' ').map(str::to_owned).collect()
}

#[test]
fn the_life_of_a_session_that_keeps_its_id() {
    let (database, folder) = lived("persistent");
    let ids = ids(&database, "session_id IS NOT NULL");
    let told: Vec<String> = ids
        .iter()
        .map(|id| {
            let code = if id == ids.last().unwrap() { 3 } else { 0 };
            let (told, error) = database.prints(&folder, &format!("history --session {id}"), code);
            format!("{}\n{error}", untimed(&told))
        })
        .collect();
    assert_snapshot!("lasting", told.join("\n"));
    let document = include_str!("../../../../docs/history.md");
    let shown = told[1].trim_end();
    assert!(document.contains(&format!("spectrum history --session {}", ids[1])));
    assert!(document.contains(&format!("```text\n{shown}\n```")), "docs/history.md does not show\n{shown}");
    let json = database.json(&folder, &format!("history --session {} --json", ids[1]));
    assert_eq!((&json["state"], &json["keep"]), (&"current".into(), &"30d".into()));
    let changes: Vec<String> = json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let changes =
                step["changes"].as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap());
            format!("{} {}", changes.collect::<Vec<_>>().join("+"), step["after"]["events"])
        })
        .collect();
    assert_eq!(changes, ["was_there 1", "renumbered 1", "extended+took_in 4", "shrank 3"]);
    let steps = json["steps"].as_array().unwrap();
    assert!(steps.windows(2).all(|two| two[0]["after"] == two[1]["before"]), "{json}");
}

#[test]
fn the_life_of_a_session_through_its_numbers() {
    let (database, folder) = lived("sequence");
    let ids = ids(&database, "user_id = 'u1'");
    let told: Vec<String> = ids
        .iter()
        .map(|id| untimed(&database.prints(&folder, &format!("history --session {id}"), 0).0))
        .collect();
    assert_snapshot!("numbered", told.join("\n\n"));
}

#[test]
fn what_has_no_history_says_so() {
    let (database, folder) = lived("persistent");
    let (_, error) = database.prints(&folder, "history --session 17", 1);
    assert_snapshot!(untimed(&error), @"error: no session has the id '17' or had it since 2026-11-24 09:00:00.123456 UTC, when the history begins; an id is 32 characters of 0-9 and a-f");
    // Merged before the history begins, and gone before.
    let ids = ids(&database, "session_id IS NOT NULL");
    database.prints(&folder, "deploy --history none --yes --quiet", 0);
    let (_, error) = database.prints(&folder, &format!("history --session {}", ids[1]), 1);
    assert_snapshot!(error, @"error: no history of analytics.mv_session_summary is kept; spectrum deploy --history 30d keeps it from then on");
    database.prints(&folder, "deploy --history 7d --quiet", 0);
    let merged = database.prints(&folder, &format!("history --session {}", ids[2]), 0).0;
    let (gone, error) = database.prints(&folder, &format!("history --session {}", ids[3]), 3);
    assert_snapshot!(format!("{}\n\n{}\n{error}", untimed(&merged), untimed(&gone)), @"
8866deff8d4043bf5b85194c719a4a92 was the id of a session that is a part of 62ad1fa6235ead57f8d5e629a8a87808 now
  user_id u1, account_id a: 2026-11-23 10:25:00+00 to 2026-11-23 11:05:00+00, 3 events
  the history begins at 2026-11-24 09:00:00.123456 UTC and is kept for 7d
  what became of it did so before that


fa8ba662cf57078bd366820e88388aa9 was the id of a session of which no event is left
  the history begins at 2026-11-24 09:00:00.123456 UTC and is kept for 7d
  what became of it did so before that

error: no event is left of the session fa8ba662cf57078bd366820e88388aa9
");
    // Under another scheme nobody knows what was before.
    let (_, error) = database.prints(&folder, "deploy --history 7d --id start --quiet --yes", 0);
    assert_eq!(error, "");
    let (_, error) = database.prints(&folder, "history --session 17 --schema elsewhere", 1);
    assert_snapshot!(error, @"error: there is no elsewhere.mv_sessions here; make it with spectrum deploy --schema elsewhere");
    let role = format!("reader_{}", database.run("SELECT current_database();"));
    database.run(&format!("CREATE ROLE {role} LOGIN;"));
    let mut command = database.command(&folder, &format!("history --session {}", ids[1]));
    command.env("PGUSER", &role);
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert_snapshot!(String::from_utf8(out.stderr).unwrap().replace(&role, "ROLE"), @"error: this role may not read analytics.session_history, analytics.mv_session_summary; GRANT USAGE ON SCHEMA analytics TO ROLE; GRANT SELECT ON analytics.session_history, analytics.mv_session_summary TO ROLE");
    database.run(&format!("DROP ROLE {role};"));
}

#[test]
fn how_history_is_asked_for() {
    let (database, folder) = lived("start");
    let status = database.prints(&folder, "status", 0).0;
    let past = status.lines().find(|line| line.starts_with("  past")).unwrap();
    let (before, after) = past.split_once("known since ").unwrap();
    assert_snapshot!(format!("{before}known since TIME{}", &after[19..]), @"  past   what the sessions were is known since TIME UTC and kept for 30d; analytics.sessions_as_of(time) tells it");
    assert!(status.contains("analytics.session_history"), "{status}");
    assert_eq!(database.json(&folder, "status --json")["history"]["keep"], "30d");
    let refused = |flags: &str, code| {
        let error = database.prints(&folder, &format!("deploy {flags}"), code).1;
        error.lines().next().unwrap().to_owned()
    };
    assert_snapshot!(refused("--history soon", 2), @"error: invalid value 'soon' for '--history <DURATION>': 'soon' is neither a time longer than zero, as in 30d, nor none");
    assert_snapshot!(refused("--history 0s", 2), @"error: invalid value '0s' for '--history <DURATION>': '0s' is neither a time longer than zero, as in 30d, nor none");
    assert_snapshot!(refused("--mode view --yes", 1), @r#"error: [history] keeps for 30d what each refresh replaces, and a refresh in mode view computes everything anew without knowing that; deploy with --mode incremental, or say keep = "none" under [history]"#);
    let told = database.prints(&folder, "deploy --history 60d", 0).0;
    assert!(told.contains("  past   kept for 60d; analytics.sessions_as_of(time) tells it"), "{told}");
}
