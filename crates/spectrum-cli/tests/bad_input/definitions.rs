//! Definitions that cannot be meant.

use insta::assert_snapshot;

use crate::spectrum::Folder;

#[test]
fn a_gap_that_is_none() {
    let folder = Folder::with_events("in.csv");
    let refusal = |gap| folder.refusal(&format!("run in.csv -o out.csv --gap={gap}"));
    assert_snapshot!(refusal("0s"), @"error: gap '0s' must be longer than zero");
    assert_snapshot!(refusal("-30m"), @"error: gap '-30m' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M");
    assert_snapshot!(refusal("soon"), @"error: gap 'soon' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M");
    assert_snapshot!(refusal("30"), @"error: gap '30' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M");
    assert_snapshot!(refusal("300000d"), @"error: gap '300000d' is longer than the 584 years that a gap can hold");
}

#[test]
fn an_unknown_id_scheme() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --id uuid"), @"error: id scheme 'uuid' is not one of sequence, encoded, start, persistent");
}

#[test]
fn a_key_that_cannot_be() {
    let folder = Folder::with_events("in.csv");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --key user_id,user_id"), @"error: column 'user_id' stands in the key twice; name each key column once");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --key user_id,occurred_at"), @"error: column 'occurred_at' is the time and a part of the key; take it out of the key");
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --key ''"), @"error: events.key has an empty column name");
}

#[test]
fn a_definition_file_that_is_none() {
    let folder = Folder::with_events("in.csv");
    let refusal = |text: &str| {
        folder.write("spectrum.toml", text);
        let refusal = folder.refusal("run in.csv -o out.csv --definition spectrum.toml");
        // Commands for PostgreSQL say as much of how it is written; what it leaves out may stand in the database.
        let commands: &[&str] =
            if refusal.contains("not a definition") { &["deploy", "status", "refresh"] } else { &[] };
        for command in commands {
            let arguments =
                format!("{command} --definition spectrum.toml --database-url postgres://localhost:1/nowhere");
            assert_eq!(folder.refusal(&arguments), refusal, "{command}");
        }
        refusal
    };
    assert_snapshot!(refusal("[session]\ngapp = '5m'\n"), @r"
    error: in spectrum.toml: not a definition: TOML parse error at line 2, column 1
      |
    2 | gapp = '5m'
      | ^^^^
    unknown field `gapp`, expected one of `preset`, `gap`, `at_gap`, `gap_when`, `split_at`, `timezone`, `start_when`, `end_when`, `split_on`, `split_on_null`, `max_duration`, `max_events`, `passive_when`, `ignore_when`, `id`
    ");
    assert_snapshot!(refusal("[sessions]\ngap = '5m'\n"), @r"
    error: in spectrum.toml: not a definition: TOML parse error at line 1, column 2
      |
    1 | [sessions]
      |  ^^^^^^^^
    unknown field `sessions`, expected one of `events`, `session`, `summary`, `check`, `postgres`, `refresh`, `retention`, `history`
    ");
    assert_snapshot!(refusal("[session\n"), @r"
    error: in spectrum.toml: not a definition: TOML parse error at line 1, column 9
      |
    1 | [session
      |         ^
    unclosed table, expected `]`
    ");
    assert_snapshot!(refusal("[session]\ngap = 5\n"), @r"
    error: in spectrum.toml: not a definition: TOML parse error at line 2, column 7
      |
    2 | gap = 5
      |       ^
    invalid type: integer `5`, expected a string
    ");
    assert_snapshot!(refusal("[session]\ngap = '0s'\n"), @"error: in spectrum.toml: gap '0s' must be longer than zero");
    assert_snapshot!(refusal("[events]\nkey = []\n"), @r#"error: in spectrum.toml: the key names no column; name at least one, as in key = ["user_id", "account_id"]"#);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --definition nothere.toml"), @"error: reading nothere.toml: No such file or directory (os error 2)");
}
