//! What the columns of `[summary.columns]` say of all sessions, in words and as JSON.

use serde_json::{Value, json};
use spectrum_core::SummaryColumn;
use spectrum_engine::{Attribute, AttributeValues, Total};
use spectrum_report::redacted;

use crate::numbers::{count, counted};
use crate::table::table;

/// The letters of a value or a measure that are shown.
const SHOWN: usize = 40;

/// The section of a summary: a table of numbers, one of what is true of sessions, and one of everything else.
pub(crate) fn as_text(attributes: &[Attribute]) -> String {
    let (mut numbers, mut truths, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for attribute in attributes {
        let (name, measure) = (shown(&attribute.column.name), measure(&attribute.column));
        let nulls = share(attribute.nulls, attribute);
        match &attribute.values {
            AttributeValues::Numbers { average, total } => numbers.push([
                name,
                measure,
                average.map_or("-".to_owned(), to_hundredths),
                total.map_or("-".to_owned(), total_text),
                nulls,
            ]),
            AttributeValues::Truths { yes } => {
                truths.push([name, measure, share(*yes, attribute), count(*yes), nulls]);
            }
            AttributeValues::Others { distinct, most_frequent } => {
                let frequent = most_frequent
                    .iter()
                    .map(|(value, sessions)| format!("{} {}", shown(value), share(*sessions, attribute)));
                let frequent = frequent.collect::<Vec<_>>().join(", ");
                others.push(([name, measure, nulls, count(*distinct)], frequent));
            }
            _ => {}
        }
    }
    let mut sections = Vec::new();
    if !numbers.is_empty() {
        sections.push(table(["Number", "Measure", "Average", "Total", "NULL"], 2, &numbers));
    }
    if !truths.is_empty() {
        sections.push(table(["Condition", "Measure", "True", "Sessions", "NULL"], 2, &truths));
    }
    if !others.is_empty() {
        sections.push(with_most_frequent(&others));
    }
    format!("What sessions tell\n{}", sections.join("\n\n"))
}

/// The same as rows of a page; with hashes instead of values if they are not to be shown.
pub(crate) fn as_rows(attributes: &[Attribute], redact: bool) -> Vec<spectrum_report::Attribute> {
    let row = |attribute: &Attribute| {
        let tells = match &attribute.values {
            AttributeValues::Numbers { average, total } => {
                let average = average.map(|average| format!("{} on average", to_hundredths(average)));
                let total = total.map(|total| format!("{} in total", total_text(total)));
                average.into_iter().chain(total).collect::<Vec<_>>().join(", ")
            }
            AttributeValues::Truths { yes } => {
                format!("true of {}, {}", counted(*yes, "session", "sessions"), share(*yes, attribute))
            }
            AttributeValues::Others { distinct, most_frequent } => {
                let value = |value: &str| if redact { redacted(value) } else { shown(value) };
                let frequent = most_frequent
                    .iter()
                    .map(|(text, sessions)| format!("{} {}", value(text), share(*sessions, attribute)));
                let values = counted(*distinct, "value", "values");
                format!("{values}; most frequent {}", frequent.collect::<Vec<_>>().join(", "))
            }
            _ => String::new(),
        };
        spectrum_report::Attribute {
            name: attribute.column.name.clone(),
            measure: measure(&attribute.column),
            tells,
            nulls: attribute.nulls,
        }
    };
    attributes.iter().map(row).collect()
}

/// A table whose last column is a text.
fn with_most_frequent(rows: &[([String; 4], String)]) -> String {
    let numbers: Vec<[String; 4]> = rows.iter().map(|(numbers, _)| numbers.clone()).collect();
    let text = table(["Value", "Measure", "NULL", "Distinct"], 2, &numbers);
    let width = text.lines().next().map_or(0, |line| line.chars().count());
    let longest = rows.iter().map(|(_, frequent)| frequent.chars().count()).max().unwrap_or_default();
    let title = "Most frequent";
    let lines = text.lines().enumerate().map(|(at, line)| match at {
        0 => format!("{line}  {title}"),
        1 => format!("  {}", "─".repeat(width + longest.max(title.len()))),
        row => format!("{line:width$}  {}", rows[row - 2].1).trim_end().to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A measure as it is declared, without its conditions.
fn measure(column: &SummaryColumn) -> String {
    let word = column.measure.word();
    column.measure.column().map_or(word.to_owned(), |read| shown(&format!("{word} {read}")))
}

/// A text on one line, its beginning where it is long.
fn shown(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    match text.chars().count() {
        ..=SHOWN => letters.collect(),
        _ => letters.take(SHOWN - 1).chain(['…']).collect(),
    }
}

/// A share of all sessions.
fn share(sessions: u64, attribute: &Attribute) -> String {
    match attribute.known + attribute.nulls {
        0 => "-".to_owned(),
        all => format!("{:.1} %", 100.0 * sessions as f64 / all as f64),
    }
}

fn total_text(total: Total) -> String {
    match total {
        Total::Whole(total) => count(total),
        Total::Exact(total) => with_commas(&total.to_string()),
        Total::Float(total) => to_hundredths(total),
    }
}

/// A number with two decimals, or in powers of ten where there would be too many digits.
fn to_hundredths(number: f64) -> String {
    match number.abs() {
        0.0..1e15 => with_commas(&format!("{number:.2}")),
        _ => format!("{number:e}"),
    }
}

/// A decimal with commas between thousands.
fn with_commas(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    fraction.map_or(text.clone(), |fraction| format!("{text}.{fraction}"))
}

/// An object for each, in their order. Sums have all of their digits, so they are texts.
pub(crate) fn as_json(attributes: &[Attribute]) -> Value {
    let of = |attribute: &Attribute| {
        let all = attribute.known + attribute.nulls;
        let share = |sessions: u64| (all > 0).then(|| sessions as f64 / all as f64);
        let mut object = json!({
            "column": attribute.column.name,
            "measure": attribute.column.measure.word(),
            "of": attribute.column.measure.column().map(ToString::to_string),
            "null_sessions": attribute.nulls,
            "null_share": share(attribute.nulls),
        });
        match &attribute.values {
            AttributeValues::Numbers { average, total } => {
                object["average"] = json!(average);
                object["total"] = match total {
                    Some(Total::Whole(total)) => json!(total),
                    Some(Total::Exact(total)) => json!(total.to_string()),
                    Some(Total::Float(total)) => json!(total.to_string()),
                    None => Value::Null,
                };
            }
            AttributeValues::Truths { yes } => {
                object["true_sessions"] = json!(yes);
                object["true_share"] = json!(share(*yes));
            }
            AttributeValues::Others { distinct, most_frequent } => {
                object["distinct"] = json!(distinct);
                let each = most_frequent.iter().map(|(value, sessions)| {
                    json!({ "value": value, "sessions": sessions, "share": share(*sessions) })
                });
                object["most_frequent"] = each.collect();
            }
            _ => {}
        }
        object
    };
    attributes.iter().map(of).collect()
}
