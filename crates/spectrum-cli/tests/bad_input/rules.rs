//! Rules that cannot be meant.

use insta::assert_snapshot;

use crate::spectrum::Folder;

#[test]
fn settings_and_conditions_that_are_refused() {
    let folder = Folder::with_events("in.csv");
    let flags = [
        "--split-at 4am",
        "--split-at 02:30 --timezone Europe/Paris",
        "--split-at 04:00 --timezone Europe/Pariss",
        "--timezone Europe/Paris",
        "--at-gap newer",
        "--split-on-null split",
        "--split-on user_id",
        "--split-on a,a",
        "--split-on occurred_at",
        "--max-duration 0s",
        "--max-events 0",
        "--max-events many",
        "--gap-when 4h",
        "--gap-when '4h = a = 1'",
        "--gap-when 'a = 1: 4h'",
        "--gap-when 'a = b: c: 4h'",
        "--gap-when 'is_video:4h'",
        "--gap-when ': a = 1'",
        "--gap-when '4x: a = 1'",
        "--gap-when '4h: a = '",
        "--where 'a = 1 AND b == 2'",
        "--where 'occurred_at > 5'",
        "--split-on-null keep --where a=1 --end-when a=b --start-when b=true",
        "--where 'nothere IS NULL'",
    ];
    let refused = flags.map(|flags| {
        let refusal = folder.refusal(&format!("run in.csv -o out.csv {flags}"));
        format!("{flags}\n{refusal}\n")
    });
    assert_snapshot!("rules_refused", refused.join("\n"));
}

/// What other engines do not know yet is refused by name, before anything is run.
#[test]
fn rules_that_an_engine_does_not_know() {
    let folder = Folder::with_events("in.csv");
    let refused = folder.refusal("sql --dialect snowflake --table shop.events --max-events 5");
    assert!(refused.contains("max_events"), "{refused}");
}
