//! Values as texts, in the units that Grafana knows by these names.

use serde_json::Value;

/// A number in a unit. Without decimals, as many as tell something.
pub(super) fn number(value: f64, unit: &str, decimals: Option<usize>) -> String {
    match unit {
        "s" => seconds(value, decimals),
        "percentunit" => format!("{}%", plain(value * 100.0, decimals)),
        "locale" => grouped(value, decimals),
        "short" if value.abs() >= 1e6 => format!("{} Mil", plain(value / 1e6, decimals)),
        "short" if value.abs() >= 1e3 => format!("{} K", plain(value / 1e3, decimals)),
        _ => plain(value, decimals),
    }
}

/// What a cell of a table shows.
pub(super) fn cell(value: &Value, unit: &str, decimals: Option<usize>) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if unit == "dateTimeAsIso" => {
            text.chars().take(19).collect::<String>().replace('T', " ")
        }
        Value::String(text) => text.clone(),
        value => value.as_f64().map_or_else(|| value.to_string(), |value| number(value, unit, decimals)),
    }
}

fn seconds(value: f64, decimals: Option<usize>) -> String {
    let (divisor, name) = match value.abs() {
        0.0..60.0 => (1.0, "s"),
        60.0..3600.0 => (60.0, "mins"),
        3600.0..86_400.0 => (3600.0, "hours"),
        _ => (86_400.0, "days"),
    };
    format!("{} {name}", plain(value / divisor, decimals))
}

fn plain(value: f64, decimals: Option<usize>) -> String {
    let decimals = decimals.unwrap_or(if value.fract() == 0.0 { 0 } else { 2 });
    let text = format!("{value:.decimals$}");
    // Zeros after the point say nothing.
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn grouped(value: f64, decimals: Option<usize>) -> String {
    let text = plain(value, decimals);
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_their_units() {
        assert_eq!(number(0.0, "s", Some(1)), "0 s");
        assert_eq!(number(744.0, "s", Some(1)), "12.4 mins");
        assert_eq!(number(90_000.0, "s", Some(1)), "1 days");
        assert_eq!(number(0.1234, "percentunit", Some(1)), "12.3%");
        assert_eq!(number(1_234_567.0, "locale", None), "1,234,567");
        assert_eq!(number(-123_456.5, "locale", None), "-123,456.5");
        assert_eq!(number(1500.0, "short", None), "1.5 K");
        assert_eq!(number(8.04, "none", Some(1)), "8");
    }
}
