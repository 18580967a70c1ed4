//! Columns that are missing, there twice, or of a type that does not fit.

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder, common};

const NDJSON: &str = "\
{\"user\":\"u\",\"account_id\":\"a\",\"at\":\"2026-01-01\"}
{\"user\":\"u\",\"account_id\":\"a\",\"at\":\"2026-01-01\",\"more\":1}
";

#[test]
fn no_such_column() {
    let folder = Folder::with(&[("in.csv", EVENTS), ("in.ndjson", NDJSON)]);
    folder.done("run in.csv -o in.parquet");
    let refusal = |flags: &str| {
        common(["in.csv", "in.parquet"].map(|input| {
            let message = folder.refusal(&format!("run {input} -o out.csv --session-column s {flags}"));
            message.replace(input, "INPUT").replace("occurred_at, session_id)", "occurred_at)")
        }))
    };
    assert_snapshot!(refusal("--key user,account_id"), @"error: column 'user' is not in INPUT; did you mean user_id? (it has: event_id, user_id, account_id, occurred_at); name the key with --key");
    assert_snapshot!(refusal("--time at"), @"error: column 'at' is not in INPUT; did you mean occurred_at? (it has: event_id, user_id, account_id, occurred_at); name the time with --time");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.csv --time at"), @"error: column 'user_id' is not in in.ndjson; did you mean user? (it has: user, account_id, at); name the key with --key");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.csv --key user"), @"error: column 'occurred_at' is not in in.ndjson (it has: user, account_id, at); name the time with --time");
}

#[test]
fn a_column_that_is_there_twice() {
    let folder = Folder::with_events("in.csv");
    folder.write("in.csv", EVENTS.replace("event_id", "user_id"));
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: in.csv has two columns named 'user_id'; rename one of them");
    // Another column may be there twice; whose it is nobody asks.
    folder.done("run in.csv -o out.csv --key account_id");
}

#[test]
fn the_session_column_is_there_already() {
    let folder = Folder::with_events("in.csv");
    let messages = ["csv", "parquet", "ndjson"].map(|format| {
        let first = format!("first.{format}");
        folder.done(&format!("run in.csv -o {first}"));
        let message = folder.refusal(&format!("run {first} -o out.{format}")).replace(format, "FORMAT");
        folder.done(&format!("run {first} -o again.{format} --session-column other_id"));
        message
    });
    assert_snapshot!(common(messages), @"error: first.FORMAT already has a column 'session_id'; name the new one with --session-column");
}

#[test]
fn a_name_for_the_session_column_that_cannot_be() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --session-column ''"), @"error: the column of session ids needs a name; name the new one with --session-column");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --session-column user_id"), @"error: in.csv already has a column 'user_id'; name the new one with --session-column");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --session-column session_seq --with-sequence"), @"error: session ids cannot be in a column 'session_seq', because another added column has that name; name the new one with --session-column");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --session-column events --sessions s.csv"), @"error: the session id cannot be called 'events': another column of the sessions table has that name; name the new one with --session-column");
}

#[test]
fn a_key_with_the_name_of_a_column_of_the_sessions_table() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace("user_id", "started_at"))]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --key started_at --sessions s.csv"), @"error: key column 'started_at' has the name of a column of the sessions table; rename it, or leave out --sessions");
    folder.done("run in.csv -o out.csv --key started_at");
}

#[test]
fn a_key_of_a_type_without_a_settled_text() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace(",u,", ",1.5,"))]);
    folder.done("run in.csv -o in.parquet"); // 1.5 is text in CSV and a double in Parquet
    assert_snapshot!(folder.refusal("run in.parquet -o out.parquet --session-column s"), @"error: column 'user_id' in in.parquet cannot be used; say --key-type user_id=integer if its values are whole numbers, or say --key-type user_id=text if its values are to be read as text: type Float64 cannot be a key, because its text is not settled; use text, an integer, a boolean or a uuid (FixedSizeBinary(16))");
    folder.write("in.ndjson", "{\"user_id\":1.5,\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\"}\n");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.parquet"), @"error: in.ndjson line 1: 'user_id' is a number with a fraction or exponent, which has no settled text; use a string, an integer or a boolean; say --key-type user_id=integer if its values are whole numbers");
}

#[test]
fn a_time_of_a_type_that_is_none() {
    let folder = Folder::with_events("in.csv");
    folder.done("run in.csv -o in.parquet");
    assert_snapshot!(folder.refusal("run in.parquet -o out.parquet --session-column s --time event_id"), @"error: column 'event_id' in in.parquet cannot be used; name another with --time, name its form with --time-format, as in '%d/%m/%Y %H:%M:%S', or say what a number counts with --time-unit s, ms, us or ns: type Utf8 is not a time; use a timestamp or a date");
    folder.write("in.ndjson", "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":[1]}\n");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.parquet"), @"error: in.ndjson line 1: 'occurred_at' is an array, which is not a time; use a string, or say what a number counts with --time-unit s, ms, us or ns");
}

#[test]
fn a_slip_of_the_fingers() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --key userid"), @"error: column 'userid' is not in in.csv; did you mean user_id? (it has: event_id, user_id, account_id, occurred_at); name the key with --key");
    assert_snapshot!(folder.refusal("summary in.csv --time occured_at"), @"error: column 'occured_at' is not in in.csv; did you mean occurred_at? (it has: event_id, user_id, account_id, occurred_at); name the time with --time");
    assert_snapshot!(folder.refusal("explain in.csv --event e1 --event-id evnt_id"), @"error: column 'evnt_id' is not in in.csv; did you mean event_id? (it has: event_id, user_id, account_id, occurred_at); name the column that tells events apart with --event-id COLUMN");
    assert_snapshot!(folder.refusal("run in.csv -o out.parquet --types userid=text"), @"error: column 'userid', which was given a type, is not in in.csv; did you mean user_id? (it has: event_id, user_id, account_id, occurred_at)");
    assert_snapshot!(folder.refusal("run in.csv -o out.parquet --key-type userid=integer"), @"error: column 'userid', whose values were given a type as a key, is not in the key; did you mean user_id? (user_id, account_id)");
    folder.write("in.ndjson", "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\"}\n");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.csv --key acount_id"), @"error: column 'acount_id' is not in in.ndjson; did you mean account_id? (it has: user_id, account_id, occurred_at); name the key with --key");
}

#[test]
fn no_event_ids() {
    let folder = Folder::with(&[("in.csv", "user_id,account_id,occurred_at\nu,a,2026-01-01\n")]);
    folder.write("in.ndjson", "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\"}\n");
    for input in ["in.csv", "in.ndjson"] {
        let digest = folder.refusal(&format!("run {input} -o out.csv --digest")).replace(input, "INPUT");
        assert_eq!(
            digest,
            "error: column 'event_id' is not in INPUT (it has: user_id, account_id, occurred_at), and a digest is made of event ids; name the column that tells events apart with --event-id COLUMN, or leave out --digest"
        );
        let explain = folder.refusal(&format!("explain {input} --event 7")).replace(input, "INPUT");
        assert_eq!(
            explain,
            "error: column 'event_id' is not in INPUT (it has: user_id, account_id, occurred_at); name the column that tells events apart with --event-id COLUMN"
        );
    }
}

#[test]
fn types_where_nothing_is_written() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("summary in.csv --text user_id"), @"error: --text is for outputs that have types, and summary writes none; leave it out");
    assert_snapshot!(folder.refusal("explain in.csv --event e1 --types user_id=text"), @"error: --types is for outputs that have types, and explain writes none; leave it out");
    assert_snapshot!(folder.refusal("load in.csv --text user_id"), @"error: --text is for outputs that have types, and load goes by the types of the table's columns; leave it out");
}

#[test]
fn a_key_whose_type_would_change_its_text() {
    let folder =
        Folder::with(&[("in.csv", "user_id,account_id,occurred_at\n007,a,2026-01-01\n7,a,2026-01-01\n")]);
    assert_snapshot!(folder.refusal("run in.csv -o out.parquet --types user_id=integer"), @"error: in.csv line 2: '007' in key column 'user_id' would come back as another text from the type that the column was given, integer, and session ids are made of its text; leave it out of --types, or say --key-type user_id=integer if its values are whole numbers");
    folder.done("run in.csv -o out.parquet --types user_id=integer --key-type user_id=integer");
}
