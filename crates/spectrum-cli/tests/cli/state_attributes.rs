//! What the summary tells of sessions, from file to file.

use std::fs;

use insta::assert_snapshot;

use crate::spectrum::Folder;

const MORNING: &str = "\
event_id,user_id,occurred_at,event_type,amount
a1,ann,2026-03-01T10:00:00Z,page_view,
a2,ann,2026-03-01T10:06:00Z,purchase,1249.90
b1,bob,2026-03-01T11:00:00Z,page_view,
";
const LATER: &str = "\
event_id,user_id,occurred_at,event_type,amount
a3,ann,2026-03-01T10:20:00Z,purchase,0.125
b2,bob,2026-03-01T18:00:00Z,purchase,-5
";
const DEFINITION: &str = r#"
[events]
key = ["user_id"]

[summary.columns]
views   = { count = "event_type = 'page_view'" }
revenue = { sum = "amount" }
bought  = { any = "event_type = 'purchase'" }
large   = { when = "revenue > 1000" }
"#;

fn folder(definition: &str) -> Folder {
    Folder::with(&[("morning.csv", MORNING), ("later.csv", LATER), ("spectrum.toml", definition)])
}

const FLAGS: &str = "-o out/ --state state --definition spectrum.toml --id start --quiet";

#[test]
fn numbers_of_events_and_sums_go_on_where_the_last_file_ended() {
    let folder = folder(DEFINITION);
    folder.prints(&format!("run morning.csv {FLAGS}"));
    folder.prints(&format!("run later.csv {FLAGS}"));
    let kept = folder.prints("state state --sessions - --to csv --quiet");
    assert_snapshot!(kept, @"
session_id,user_id,session_seq,started_at,ended_at,duration_seconds,events,started_by,views,revenue,bought,large,ended_by
679d90bce717c58a2ab103184aa57995,ann,1,2026-03-01T10:00:00Z,2026-03-01T10:20:00Z,1200.0,3,first,1,1250.025,true,true,
df030a4101a0d6c91a0b23c37bad6b52,bob,1,2026-03-01T11:00:00Z,2026-03-01T11:00:00Z,0.0,1,first,1,,false,,gap
2e79590613388109ed47685cd0e3648c,bob,2,2026-03-01T18:00:00Z,2026-03-01T18:00:00Z,0.0,1,gap,0,-5.000,true,false,
");
    folder.prints(
        "run morning.csv later.csv -o all/ --definition spectrum.toml --id start --sessions all.csv --quiet",
    );
    assert_eq!(kept, fs::read_to_string(folder.path().join("all.csv")).unwrap());
    folder.prints("state state --verify");
    // Another summary would need the events.
    let other =
        DEFINITION.replace("page_view'", "page_view' or event_type = 'click'").replace("large ", "huge ");
    fs::write(folder.path().join("spectrum.toml"), other).unwrap();
    fs::write(folder.path().join("last.csv"), LATER.replace("-01T", "-02T")).unwrap();
    assert_snapshot!(folder.refuses(&format!("run last.csv {FLAGS}")), @r#"error: the state in state is of another definition: summary column views = { count = "event_type = 'page_view'" } is not here, summary column large = { when = "revenue > 1000" } is not here, summary column views = { count = "event_type = 'page_view' or event_type = 'click'" } is not there, summary column huge = { when = "revenue > 1000" } is not there; give it the definition that it was made with, or take all files into a new state"#);
}

/// Each file's sums fit, and those of both do not fit beside each other.
#[test]
fn sums_that_do_not_fit_beside_those_of_earlier_files_are_refused() {
    let folder = folder(DEFINITION);
    let head = "event_id,user_id,occurred_at,event_type,amount\n";
    let large = format!("{head}a,ann,2026-03-01T10:00:00Z,purchase,1e23\n");
    fs::write(folder.path().join("large.csv"), large).unwrap();
    let small = format!("{head}b,bob,2026-03-01T10:00:00Z,purchase,1e-17\n");
    fs::write(folder.path().join("small.csv"), small).unwrap();
    folder.prints(&format!("run large.csv {FLAGS}"));
    assert_snapshot!(folder.refuses(&format!("run small.csv {FLAGS}")), @"error: summary column 'revenue': a sum has more than 38 digits; make its numbers floating point where the events are written, or sum fewer with where");
    let kept = folder.prints("state state --sessions - --to csv --quiet");
    assert!(kept.contains(",100000000000000000000000,") && !kept.contains("bob"), "{kept}");
}

#[test]
fn what_cannot_be_added_up_is_refused_by_name() {
    for (column, told) in [
        ("page = { first = 'event_type' }", "first"),
        ("page = { last = 'event_type', skip_null = true }", "last"),
        ("page = { count_distinct = 'event_type' }", "count_distinct"),
        ("page = { min = 'amount' }", "min"),
        ("page = { max = 'amount' }", "max"),
    ] {
        let folder = folder(&format!("[events]\nkey = ['user_id']\n[summary.columns]\n{column}\n"));
        let refused = folder.refuses(&format!("run morning.csv {FLAGS}"));
        assert!(
            refused.contains(&format!("'page' needs all events of a session at once ({told})")),
            "{refused}"
        );
        assert!(!folder.path().join("state").exists());
    }
    let folder = folder("[events]\nkey = ['user_id']\n[summary.columns]\npaid = { sum = 'amount' }\n");
    folder.prints(
        "run morning.csv -o floats.parquet --key user_id --types amount=float --quiet --session-column x",
    );
    assert_snapshot!(folder.refuses(&format!("run floats.parquet {FLAGS}")), @"error: summary column 'paid' adds up numbers of floating point, whose sum depends on the order of all events, and a state keeps none; write them as decimals, take the column out, or run over all files at once without a state");
}
