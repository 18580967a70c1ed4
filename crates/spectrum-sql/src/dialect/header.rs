//! What stands above a statement for people to read.

use spectrum_core::IdScheme;

use super::plan::Plan;
use super::rule::ends_in_words;
use super::statement::{Content, Statement};
use super::types::TimeType;

/// Lines of comment that say what follows. Names cannot end the comment: what would end a line is replaced.
pub(super) fn header(statement: &Statement<'_>) -> String {
    let definition = statement.definition;
    let (what, from) = match statement.content {
        Content::Sessions { events } => ("Sessions", events),
        Content::Summary { events } => ("A row a session", events),
        Content::SummaryOf { sessions } => ("A row a session", sessions),
    };
    let ids = match definition.id() {
        IdScheme::Sequence => "key and number, undelimited (sequence)",
        IdScheme::Encoded => "key and number, each text with its length (encoded)",
        IdScheme::Start => "key and first instant (start)",
        IdScheme::Persistent => "key and the first instant that was seen first (persistent)",
    };
    let time = match statement.types.time.unwrap_or(statement.dialect.usual_time()) {
        TimeType::Date => "a date".to_owned(),
        TimeType::Timestamp(_) => "a time without a zone".to_owned(),
        TimeType::TimestampTz(_) => "an instant".to_owned(),
        TimeType::Epoch(unit) => format!("a number of {} since 1970", unit.words()),
    };
    let key = definition.key().join(", ");
    let mut lines = vec![
        format!("{what} from {}, for {}.", from.join("."), statement.dialect.title()),
        format!("Key: {key}. {}", ends_in_words(definition)),
        format!("Ids: MD5 of {ids}. {} is {time}.", definition.time()),
    ];
    lines.extend(
        definition.rule().settings().into_iter().map(|(name, value)| format!("Rule {name}: {value}")),
    );
    match (statement.types.plan, statement.content) {
        (Plan::Window, _) => {}
        (Plan::Merge, Content::Sessions { .. }) => lines.push(format!(
            "Plan merge: an id for each key and {} of time goes to every machine, whose memory must hold them all.",
            definition.gap()
        )),
        (Plan::Merge, _) => {
            lines.push(format!("Plan merge: one row for each key and {} of time moves.", definition.gap()));
        }
    }
    lines.iter().map(|line| format!("-- {}\n", one_line(line))).collect()
}

/// A text that ends no line, so that nothing after it escapes a comment.
pub(super) fn one_line(text: &str) -> String {
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.replace(ends_line, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_name_cannot_end_the_comment() {
        assert_eq!(one_line("a\nDROP TABLE b; \u{2028}c"), "a\u{fffd}DROP TABLE b; \u{fffd}c");
    }
}
