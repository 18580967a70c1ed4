//! What maintained sessions took in, as people read it.

use spectrum_postgres::RefreshCounts;

use crate::numbers::{count, counted, seconds};

/// A few lines: what came in, what became of sessions, what it cost. What is zero is left out.
pub(crate) fn lines(counts: &RefreshCounts) -> Vec<String> {
    if counts.keys == 0 {
        return vec!["nothing changed".to_owned()];
    }
    let keys = counted(counts.keys, "key", "keys");
    let mut lines = match counts.is_nothing() {
        true => vec![format!("nothing changed, of {keys}")],
        false => vec![format!("{}, of {keys}", or(&events(counts), "no event changed"))],
    };
    let sessions = sessions(counts);
    if !sessions.is_empty() {
        lines.push(sessions);
    }
    if counts.ids_changed > 0 {
        lines.push(format!(
            "{} changed, on {} that {} there before",
            counted(counts.ids_changed, "session id", "session ids"),
            counted(counts.events_renamed, "event", "events"),
            if counts.events_renamed == 1 { "was" } else { "were" }
        ));
    }
    let steps = counts.steps();
    if !steps.is_empty() {
        let spent = |milliseconds: f64| seconds(milliseconds / 1e3);
        let each = steps.iter().map(|(step, milliseconds)| format!("{step} {}", spent(*milliseconds)));
        let each: Vec<String> = each.collect();
        let all: f64 = steps.iter().map(|(_, milliseconds)| milliseconds).sum();
        lines.push(format!("took {}: {}", spent(all), each.join(", ")));
    }
    lines
}

/// The same in a few words, for a line of a log.
pub(crate) fn in_short(counts: &RefreshCounts) -> String {
    if counts.is_nothing() {
        return "nothing changed".to_owned();
    }
    let ids = match counts.ids_changed {
        0 => String::new(),
        ids => format!("{} changed", counted(ids, "session id", "session ids")),
    };
    match (events(counts), ids) {
        (events, ids) if events.is_empty() && ids.is_empty() => sessions(counts),
        (events, ids) if ids.is_empty() => events,
        (events, ids) if events.is_empty() => ids,
        (events, ids) => format!("{events}; {ids}"),
    }
}

/// `10,000 events added (312 late, 2 in the future, 40 with a NULL in the key), 3 changed, 1 removed`; can be empty.
fn events(counts: &RefreshCounts) -> String {
    let of_added = [
        (counts.events_late, "late"),
        (counts.events_future, "in the future"),
        (counts.events_null_key, "with a NULL in the key"),
    ];
    let of_added = of_added.iter().filter(|(number, _)| *number > 0);
    let of_added: Vec<String> = of_added.map(|(number, what)| format!("{} {what}", count(*number))).collect();
    let unusual = match of_added.is_empty() {
        true => String::new(),
        false => format!(" ({})", of_added.join(", ")),
    };
    let told = [
        (counts.events_added, format!("added{unusual}")),
        (counts.events_changed, "changed".to_owned()),
        (counts.events_removed, "removed".to_owned()),
    ];
    what_is_not_zero(&told, "event", "events")
}

/// `2,113 sessions created, 1,400 extended`; can be empty.
fn sessions(counts: &RefreshCounts) -> String {
    let told = [
        (counts.sessions_created, "created"),
        (counts.sessions_extended, "extended"),
        (counts.sessions_merged, "merged"),
        (counts.sessions_split, "split"),
        (counts.sessions_dropped, "dropped"),
        (counts.sessions_retold, "told anew"),
    ];
    what_is_not_zero(&told.map(|(count, what)| (count, what.to_owned())), "session", "sessions")
}

/// Counts with what happened; the first says what is counted.
fn what_is_not_zero(told: &[(u64, String)], singular: &str, plural: &str) -> String {
    let there = told.iter().filter(|(number, _)| *number > 0).enumerate();
    let words = there.map(|(at, (number, what))| match at {
        0 => format!("{} {what}", counted(*number, singular, plural)),
        _ => format!("{} {what}", count(*number)),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn or<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.is_empty() { instead } else { text }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn what_is_zero_is_not_told() {
        let counts = RefreshCounts {
            keys: 4_112,
            events_added: 10_000,
            events_late: 312,
            events_future: 2,
            events_null_key: 40,
            events_changed: 3,
            events_removed: 1,
            sessions_created: 2_113,
            sessions_extended: 1_400,
            sessions_merged: 12,
            sessions_split: 3,
            sessions_dropped: 1,
            sessions_retold: 7,
            ids_changed: 52,
            events_renamed: 801,
            largest_session: 977,
            steps: [("writing", 250.2), ("comparing", 140.0), ("taking", 201.0)]
                .map(|(step, milliseconds)| (step.to_owned(), milliseconds))
                .into(),
        };
        assert_snapshot!(lines(&counts).join("\n"), @r"
        10,000 events added (312 late, 2 in the future, 40 with a NULL in the key), 3 changed, 1 removed, of 4,112 keys
        2,113 sessions created, 1,400 extended, 12 merged, 3 split, 1 dropped, 7 told anew
        52 session ids changed, on 801 events that were there before
        took 591 ms: taking 201 ms, comparing 140 ms, writing 250 ms
        ");
        assert_snapshot!(in_short(&counts), @"10,000 events added (312 late, 2 in the future, 40 with a NULL in the key), 3 changed, 1 removed; 52 session ids changed");
        let one = RefreshCounts {
            keys: 1,
            events_removed: 1,
            sessions_split: 1,
            ids_changed: 1,
            events_renamed: 1,
            ..RefreshCounts::default()
        };
        assert_snapshot!(lines(&one).join("\n"), @r"
        1 event removed, of 1 key
        1 session split
        1 session id changed, on 1 event that was there before
        ");
        assert_snapshot!(in_short(&one), @"1 event removed; 1 session id changed");
        let retold = RefreshCounts { keys: 2, sessions_retold: 1, ..RefreshCounts::default() };
        assert_snapshot!(lines(&retold).join("\n"), @r"
        no event changed, of 2 keys
        1 session told anew
        ");
        assert_snapshot!(in_short(&retold), @"1 session told anew");
        let same = RefreshCounts { keys: 2, ..RefreshCounts::default() };
        assert_snapshot!(lines(&same).join("\n"), @"nothing changed, of 2 keys");
        assert_snapshot!(lines(&RefreshCounts::default()).join("\n"), @"nothing changed");
        assert_snapshot!(in_short(&same), @"nothing changed");
    }
}
