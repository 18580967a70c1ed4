//! Columns of the summary for random tests: of every measure, over whatever columns the events have.

/// What a column of the events holds, as far as measures ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Holds {
    Text,
    Number,
    Boolean,
}

/// Seven columns and two conditions on them, as lines under `[summary.columns]`. `below` gives a random number below its
/// argument; conditions are of events.
pub fn some_summary(
    below: &mut dyn FnMut(u64) -> u64,
    columns: &[(&str, Holds)],
    conditions: &[String],
) -> String {
    let quoted = |text: &str| format!("{:?}", text);
    let mut lines = Vec::new();
    let mut pick = |count: usize| usize::try_from(below(count as u64)).unwrap_or_default();
    for at in 0..7 {
        let condition = quoted(&conditions[pick(conditions.len())]);
        // The first two are for the conditions below.
        let measure = match at {
            0 => 2,
            1 => 3,
            _ => pick(9),
        };
        let able: Vec<&str> = columns
            .iter()
            .filter(|(_, holds)| match measure {
                5 => *holds == Holds::Number,
                6 | 7 => *holds != Holds::Boolean,
                _ => true,
            })
            .map(|(name, _)| *name)
            .collect();
        let column = quoted(able[pick(able.len())]);
        let skip_null = if pick(2) == 0 { ", skip_null = true" } else { "" };
        let said = match measure {
            0 => format!("first = {column}{skip_null}"),
            1 | 8 => format!("last = {column}{skip_null}"),
            2 => format!("count = {condition}"),
            3 => format!("any = {condition}"),
            4 => format!("count_distinct = {column}"),
            5 => format!("sum = {column}"),
            6 => format!("min = {column}"),
            _ => format!("max = {column}"),
        };
        let filter = match pick(3) {
            0 => format!(", where = {}", quoted(&conditions[pick(conditions.len())])),
            _ => String::new(),
        };
        lines.push(format!("told_{at} = {{ {said}{filter} }}"));
    }
    lines.push("is_long = { when = \"duration_seconds >= 2.5 AND started_by <> 'first'\" }".to_owned());
    lines.push("is_rich = { when = 'told_0 >= 2 OR (told_1 AND events > 3)' }".to_owned());
    lines.join("\n")
}
