//! What `spectrum summary` says of the columns that a definition declares, worked out by hand.

use serde_json::{Value, json};

use crate::database::Database;
use crate::spectrum::Folder;

/// Three sessions of ann, two of bob, and one of cat.
const EVENTS: &str = "\
event_id,user_id,occurred_at,event_type,page,amount
a1,ann,2026-03-01T10:00:00Z,page_view,/home,
a2,ann,2026-03-01T10:05:00Z,page_view,/shoes,
a3,ann,2026-03-01T10:06:00Z,purchase,/cart,1249.90
a4,ann,2026-03-01T15:00:00Z,page_view,/shoes,
a5,ann,2026-03-02T09:00:00Z,page_view,,
b1,bob,2026-03-01T11:00:00Z,page_view,/home,
b2,bob,2026-03-01T11:02:00Z,purchase,/cart,-5
b3,bob,2026-03-01T18:00:00Z,page_view,/about,
c1,cat,2026-03-01T12:00:00Z,page_view,/home,
";

const DEFINITION: &str = r#"
[events]
key = ["user_id"]

[summary.columns]
entry_page = { first = "page" }
views      = { count = "event_type = 'page_view'" }
pages      = { count_distinct = "page" }
revenue    = { sum = "amount" }
dearest    = { max = "amount" }
bought     = { any = "event_type = 'purchase'" }
large      = { when = "revenue > 1000" }
"#;

fn folder() -> Folder {
    Folder::with(&[("events.csv", EVENTS), ("spectrum.toml", DEFINITION)])
}

/// What docs/attributes.md shows is what is printed of the events that it shows.
#[test]
fn the_document_shows_what_is_printed() {
    let document = include_str!("../../../../docs/attributes.md");
    let block = |kind: &str| document.split_once(kind).unwrap().1.split_once("```").unwrap().0;
    assert_eq!(block("```csv\n"), EVENTS);
    let (command, output) = block("```console\n$ spectrum ").split_once('\n').unwrap();
    let definition = document.split_once("```console").unwrap().0.rsplit_once("```toml\n").unwrap().1;
    let definition = definition.split_once("```").unwrap().0;
    let folder = Folder::with(&[("events.csv", EVENTS), ("spectrum.toml", definition)]);
    assert_eq!(definition.trim(), DEFINITION.trim());
    let printed = folder.prints(command);
    assert_eq!(
        output,
        format!("...\nWhat sessions tell{}", printed.split_once("What sessions tell").unwrap().1)
    );
}

#[test]
fn json_has_the_same_numbers() {
    let found = folder().json("summary events.csv --definition spectrum.toml --json");
    assert_eq!(found["sessions"], 6);
    let share = |of: f64| of / 6.0;
    let expected = json!([
        { "column": "entry_page", "measure": "first", "of": "page", "null_sessions": 1, "null_share": share(1.0),
          "distinct": 3, "most_frequent": [
            { "value": "/home", "sessions": 3, "share": share(3.0) },
            { "value": "/about", "sessions": 1, "share": share(1.0) },
            { "value": "/shoes", "sessions": 1, "share": share(1.0) },
        ] },
        { "column": "views", "measure": "count", "of": null, "null_sessions": 0, "null_share": 0.0,
          "average": 7.0 / 6.0, "total": 7 },
        { "column": "pages", "measure": "count_distinct", "of": "page", "null_sessions": 0, "null_share": 0.0,
          "average": 8.0 / 6.0, "total": null },
        { "column": "revenue", "measure": "sum", "of": "amount", "null_sessions": 4, "null_share": share(4.0),
          "average": 622.45, "total": "1244.9" },
        { "column": "dearest", "measure": "max", "of": "amount", "null_sessions": 4, "null_share": share(4.0),
          "average": 622.45, "total": null },
        { "column": "bought", "measure": "any", "of": null, "null_sessions": 0, "null_share": 0.0,
          "true_sessions": 2, "true_share": share(2.0) },
        { "column": "large", "measure": "when", "of": null, "null_sessions": 4, "null_share": share(4.0),
          "true_sessions": 1, "true_share": share(1.0) },
    ]);
    assert_eq!(found["attributes"], expected);
    // Without columns there is nothing to say, and nothing is said.
    let none = Folder::with(&[("events.csv", EVENTS)]).json("summary events.csv --key user_id --json");
    assert_eq!(none.get("attributes"), None);
}

/// All sums have as many digits behind the point as one of them needs, and 38 in all: else one is missing, or is no such number.
#[test]
fn sums_that_do_not_fit_beside_each_other_are_refused() {
    let definition = "[events]\nkey = ['user']\ntime = 'at'\n[summary.columns]\ntotal = { sum = 'amount' }\n";
    let events = |large: &str| {
        format!("user,at,amount\na,2026-01-01T00:00:00Z,{large}\nb,2026-01-01T00:00:00Z,1e-17\n")
    };
    // With 17 digits behind the point these have 41, 39 and 38.
    for (large, fits) in [("1e23", false), ("1e21", false), ("1e20", true)] {
        let folder = Folder::with(&[("s1.csv", &events(large)), ("spectrum.toml", definition)]);
        for command in [
            "run s1.csv -o out.csv --sessions s.csv --definition spectrum.toml --quiet",
            "run s1.csv -o out/ --state st --id start --definition spectrum.toml --quiet",
            "summary s1.csv --definition spectrum.toml",
        ] {
            match fits {
                true => assert!(!folder.prints(command).contains("error"), "{large}: {command}"),
                false => {
                    assert_eq!(
                        folder.refuses(command).trim_end(),
                        "error: summary column 'total': a sum has more than 38 digits; make its numbers floating point where the events are written, or sum fewer with where",
                        "{large}: {command}"
                    );
                }
            }
        }
        assert_eq!(folder.path().join("s.csv").exists(), fits);
        assert_eq!(folder.path().join("st").exists(), fits);
        if fits {
            let sums = std::fs::read_to_string(folder.path().join("s.csv")).unwrap();
            assert!(sums.contains(",100000000000000000000.00000000000000000"), "{sums}");
            assert!(sums.contains(",0.00000000000000001"), "{sums}");
        }
    }
}

/// Formats, orders, threads and other gaps beside change nothing.
#[test]
fn every_way_says_the_same() {
    let folder = folder();
    let (header, events) = EVENTS.split_once('\n').unwrap();
    let backwards: Vec<_> = [header].into_iter().chain(events.lines().rev()).collect();
    std::fs::write(folder.path().join("backwards.csv"), backwards.join("\n") + "\n").unwrap();
    folder.prints("run events.csv --key user_id -o events.ndjson --quiet");
    let said = |input: &str| {
        folder.json(&format!("summary {input} --definition spectrum.toml --json"))["attributes"].clone()
    };
    let expected = said("events.csv");
    for input in ["backwards.csv --threads 3", "events.ndjson", "events.csv --gaps 1m,2h"] {
        assert_eq!(said(input), expected, "{input}");
    }
    // Under another rule they are of its sessions: ann's are three, because she came back on the next day.
    let found = said("events.csv --gap 12h");
    assert_eq!(found[1]["average"], Value::from(7.0 / 4.0));
}

#[test]
fn no_events_and_events_without_a_time() {
    let folder = folder();
    let header = EVENTS.split_once('\n').unwrap().0;
    std::fs::write(folder.path().join("none.csv"), format!("{header}\n")).unwrap();
    let none = folder.json("summary none.csv --definition spectrum.toml --json");
    assert_eq!(
        (&none["attributes"][1]["average"], &none["attributes"][1]["total"]),
        (&Value::Null, &0.into())
    );
    assert_eq!(none["attributes"][5]["true_share"], Value::Null);
    std::fs::write(folder.path().join("timeless.csv"), format!("{EVENTS}x,ann,,purchase,/x,7\n")).unwrap();
    assert!(folder.refuses("summary timeless.csv --definition spectrum.toml").contains("--null-time drop"));
    let dropped = folder.json("summary timeless.csv --null-time drop --definition spectrum.toml --json");
    assert_eq!(
        dropped["attributes"],
        folder.json("summary events.csv --definition spectrum.toml --json")["attributes"]
    );
}

#[test]
fn what_cannot_be_told_is_refused_as_run_refuses_it() {
    let folder = folder();
    for (columns, said) in [("a = { first = 'pgae' }", "column 'pgae'"), ("a = { sum = 'page' }", "line 2")] {
        let definition = format!("[events]\nkey = ['user_id']\n[summary.columns]\n{columns}\n");
        std::fs::write(folder.path().join("spectrum.toml"), definition).unwrap();
        let refused = folder.refuses("summary events.csv --definition spectrum.toml");
        assert!(refused.contains(said), "{refused}");
        assert_eq!(
            refused,
            folder.refuses("run events.csv --definition spectrum.toml -o x.csv --sessions s.csv")
        );
    }
}

/// Parquet has types, so a sum of texts is refused there although they look like numbers, as PostgreSQL refuses it.
#[test]
fn what_has_a_type_is_taken_for_what_it_is() {
    let folder = folder();
    folder.prints("run events.csv --key user_id -o events.parquet --quiet");
    let with = |columns: &str| {
        let definition = format!("[events]\nkey = ['user_id']\n[summary.columns]\n{columns}\n");
        std::fs::write(folder.path().join("parquet.toml"), definition).unwrap();
        "events.parquet --definition parquet.toml"
    };
    let found = folder.json(&format!("summary {} --json", with("pages = { last = 'page' }")));
    assert_eq!(
        found["attributes"][0]["most_frequent"][0],
        json!({ "value": "/cart", "sessions": 2, "share": 2.0 / 6.0 })
    );
    let flags = with("revenue = { sum = 'amount' }");
    let refused = folder.refuses(&format!("summary {flags}"));
    assert_eq!(
        refused,
        folder.refuses(&format!("run {flags} --session-column s -o x.parquet --sessions s.parquet"))
    );
    let said = "error: column 'amount' in events.parquet is of type Utf8, of which summary column 'revenue' cannot tell the sum; \
                sum takes numbers\n";
    assert_eq!(refused, said);
}

/// Totals keep their digits, and long or many-lined values do not break the table.
#[test]
fn long_numbers_and_texts() {
    let long = "/".to_owned() + &"x".repeat(60);
    let events = format!(
        "event_id,user_id,account_id,occurred_at,page,amount\n\
         1,ann,a,2026-03-01T10:00:00Z,{long},12345678901234567890.25\n2,bob,a,2026-03-01T10:00:00Z,\"two\nlines\",1\n"
    );
    let columns = "[summary.columns]\npage = { last = 'page' }\namount = { sum = 'amount' }\n";
    let folder = Folder::with(&[("events.csv", &events), ("spectrum.toml", columns)]);
    assert_eq!(
        folder.json("summary events.csv --definition spectrum.toml --json")["attributes"][1]["total"],
        "12345678901234567891.25"
    );
    let text = folder.prints("summary events.csv --definition spectrum.toml");
    insta::assert_snapshot!(text.split_once("What sessions tell\n").unwrap().1);
}

/// A refresh that changes nothing but what sessions tell says so, and so does one that makes another session the first.
#[test]
fn a_refresh_counts_the_sessions_of_which_something_else_is_told() {
    let definition = DEFINITION.to_owned() + "newcomer = { when = \"started_by = 'first'\" }\n";
    let (database, folder) = (Database::empty(), Folder::with(&[("spectrum.toml", &definition)]));
    let values: Vec<String> = EVENTS
        .lines()
        .skip(1)
        .map(|line| {
            let [id, user, time, kind, page, amount] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
            format!("('{id}', '{user}', '{time}', '{kind}', nullif('{page}', ''), nullif('{amount}', '')::numeric)")
        })
        .collect();
    database.run(&format!(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text PRIMARY KEY, user_id text, occurred_at timestamptz, event_type text,
                                             page text, amount numeric);
         INSERT INTO warehouse.fact_events VALUES {};",
        values.join(", ")
    ));
    database.prints(&folder, "deploy --mode incremental --create-index --definition spectrum.toml --yes", 0);
    let refreshed = |sql: &str| {
        database.run(sql);
        let counts = database.json(&folder, "refresh --json")["views"][0]["counts"].clone();
        assert_eq!(database.json(&folder, "verify --json")["holds"], true, "{sql}");
        ["events_added", "sessions_created", "sessions_extended", "sessions_retold"]
            .map(|name| counts[name].as_u64().unwrap())
    };
    let retold = "UPDATE warehouse.fact_events SET page = '/start' WHERE event_id = 'a1'";
    assert_eq!(refreshed(retold), [0, 0, 0, 1]);
    assert_eq!(refreshed("UPDATE warehouse.fact_events SET page = page"), [0, 0, 0, 0]);
    // Another event makes b3's session longer, which is counted as that.
    assert_eq!(
        refreshed(
            "INSERT INTO warehouse.fact_events VALUES ('b4', 'bob', '2026-03-01T18:10:00Z', 'purchase', '/cart', 5)"
        ),
        [1, 0, 1, 0]
    );
    // A session before all others of cat's: hers was the first, and is not any more.
    assert_eq!(
        refreshed(
            "INSERT INTO warehouse.fact_events VALUES ('c0', 'cat', '2026-02-01T12:00:00Z', 'page_view', '/home')"
        ),
        [1, 1, 0, 1]
    );
    database.run("UPDATE warehouse.fact_events SET amount = 1 WHERE event_id = 'b2'");
    let (told, _) = database.prints(&folder, "refresh", 0);
    assert!(told.contains("1 session told anew"), "{told}");
    assert_eq!(database.prints(&folder, "drop --yes --quiet", 0).0, "");
}

/// Times in Parquet have a zone by its name.
#[test]
fn times_are_told_whatever_their_zone_is_called() {
    let folder = folder();
    folder.prints("run events.csv -o zoned.parquet --key user_id --id start --session-column x --quiet");
    let definition = "[events]\nkey = ['user_id']\n[summary.columns]\nseen = { last = 'occurred_at' }\n";
    std::fs::write(folder.path().join("times.toml"), definition).unwrap();
    let told = folder.prints("summary zoned.parquet --definition times.toml");
    assert!(told.contains("2026-03-01T10:06:00Z 16.7 %"), "{told}");
}
