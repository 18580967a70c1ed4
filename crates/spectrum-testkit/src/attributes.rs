//! What the summary tells of sessions, by a second reckoning: a small program in Python that reads events and nothing else.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// The columns that the program reckons, over event_type, campaign and amount of events beside the default columns.
pub const ATTRIBUTES: &str = r#"
[summary.columns]
entry = { first = "event_type" }
exit = { last = "campaign", where = "event_type <> 't3'", skip_null = true }
starts = { count = "event_type = 't1' or campaign is null" }
types = { count_distinct = "event_type" }
total = { sum = "amount" }
ids = { sum = "event_id", where = "event_type in ('t0', 't1', 't4')" }
least = { min = "campaign" }
latest = { max = "occurred_at" }
most = { max = "amount" }
ended = { any = "event_type = 't2'" }
long = { when = "duration_seconds >= 3600 or starts > 1 and entry = 't1'" }
"#;

const PROGRAM: &str = include_str!("attributes_in_python.py");

/// How many sessions the events have, all being CSV.
///
/// # Errors
/// When some table has other sessions, or they tell something else; what differs is in the message, after the table's number.
pub fn attributes_agree(events: &str, sessions: &[&str]) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (number, text) in [events].iter().chain(sessions).enumerate() {
        paths.push(folder.path().join(format!("{number}.csv")));
        std::fs::write(&paths[number], text)?;
    }
    let ran =
        Command::new("python3").args(["-c", PROGRAM]).args(&paths).output().context("running python3")?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    if !ran.status.success() {
        let lines: Vec<&str> = said.lines().take(10).collect();
        bail!("{}\n{}", lines.join("\n"), String::from_utf8_lossy(&ran.stderr));
    }
    let count = said.lines().last().and_then(|line| line.split(' ').next());
    count
        .and_then(|count| count.parse().ok())
        .with_context(|| format!("'{said}' tells no number of sessions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,event_type,campaign,amount
10,ann,,2026-01-01T10:00:00Z,t1,,0.1
9,ann,,2026-01-01T10:00:00Z,t0,spring,0.2
11,ann,,2026-01-01 12:30:00.000001+02,t3,late,
12,ann,,2026-01-01T10:30:00Z,,,
";

    fn sessions(total: &str) -> String {
        format!(
            "user_id,account_id,session_seq,started_at,ended_at,events,entry,exit,starts,types,total,ids,least,latest,most,ended,long\n\
             ann,,1,2026-01-01T10:00:00Z,2026-01-01T10:30:00.000001Z,4,t0,spring,2,3,{total},19,late,\
             2026-01-01T10:30:00.000001Z,0.2,false,false\n"
        )
    }

    /// A judge that finds nothing is none.
    #[test]
    fn the_program_finds_what_differs() {
        assert_eq!(attributes_agree(EVENTS, &[&sessions("0.30")]).unwrap(), 1);
        let differing =
            attributes_agree(EVENTS, &[&sessions("0.30"), &sessions("0.31")]).unwrap_err().to_string();
        assert!(differing.contains(": total is Decimal('0.3') and told as Decimal('0.31')"), "{differing}");
        let later = EVENTS.replace("10:30:00Z", "11:30:00Z");
        let differing = attributes_agree(&later, &[&sessions("0.30")]).unwrap_err().to_string();
        assert!(differing.contains("('ann', None, 2): session_seq is 2 and told as None"), "{differing}");
    }
}
