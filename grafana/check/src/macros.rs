//! Grafana's macros, expanded as its PostgreSQL plugin expands them.
//!
//! The order and the text follow the plugin's back end (`pkg/tsdb/grafana-postgresql-datasource/macros.go` and
//! `sqleng` in Grafana's repository, versions 12 and 13), oddities included. Left out are what the dashboard does
//! not use: comments, the TimescaleDB form of `$__timeGroup`, and the nanosecond macros.

use anyhow::{Context, Result, bail};

use crate::interval::parse_interval;
use crate::time_range::TimeRange;

/// A query ready for PostgreSQL, and what the plugin does with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Expanded {
    /// The SQL.
    pub sql: String,
    /// How buckets without rows are filled, when a macro asked for it.
    pub fill: Option<Fill>,
}

/// A row for every bucket of the time range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// The width of the buckets in seconds.
    pub seconds: f64,
    /// What stands in buckets without a row.
    pub with: FillWith,
}

/// What stands in buckets without a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FillWith {
    /// Nothing: a gap in the line.
    Null,
    /// The value before.
    Previous,
    /// This value.
    Value(f64),
}

/// Expands all macros of a query in which the variables are put in already.
///
/// # Errors
/// When a macro is not known, or its arguments are not what the plugin takes.
pub fn expand(sql: &str, range: &TimeRange) -> Result<Expanded> {
    let sql = sql
        .replace("$__unixEpochFrom()", &range.from.as_second().to_string())
        .replace("$__unixEpochTo()", &range.to.as_second().to_string());
    let mut expanded = Expanded { sql: String::with_capacity(sql.len()), fill: None };
    let mut rest = 0;
    while let Some(call) = next_call(&sql, rest) {
        expanded.sql.push_str(&sql[rest..call.start]);
        let arguments: Vec<&str> = call.arguments.split(',').map(|one| one.trim_matches(' ')).collect();
        // Before Grafana 5.3 the macro named its column, and still does where a comma follows. The plugin looks
        // behind the first call of the same text.
        let first = sql.find(call.text).unwrap_or(call.start) + call.text.len();
        let old_form = call.name == "__timeGroup" && sql[first..].starts_with(',');
        let name = if old_form { "__timeGroupAlias" } else { call.name };
        expanded.sql.push_str(&expansion(name, &arguments, range, &mut expanded.fill)?);
        rest = call.start + call.text.len();
    }
    expanded.sql.push_str(&sql[rest..]);
    Ok(expanded)
}

/// A call of a macro: `$name(arguments)`.
struct Call<'a> {
    start: usize,
    text: &'a str,
    name: &'a str,
    arguments: &'a str,
}

/// The next call at or after a place. Its arguments end at the first closing parenthesis, whatever was opened.
fn next_call(sql: &str, from: usize) -> Option<Call<'_>> {
    sql[from..].match_indices('$').find_map(|(at, _)| {
        let start = from + at;
        let after = &sql[start + 1..];
        let name =
            &after[..after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())];
        let arguments = after[name.len()..].strip_prefix('(')?;
        let arguments = &arguments[..arguments.find(')')?];
        let text = &sql[start..start + 1 + name.len() + 1 + arguments.len() + 1];
        (!name.is_empty()).then_some(Call { start, text, name, arguments })
    })
}

fn expansion(name: &str, arguments: &[&str], range: &TimeRange, fill: &mut Option<Fill>) -> Result<String> {
    let column = arguments.first().copied().unwrap_or_default();
    Ok(match name {
        "__time" => format!("{column} AS \"time\""),
        "__timeEpoch" => format!("extract(epoch from {column}) as \"time\""),
        "__timeFilter" => format!("{column} BETWEEN '{}' AND '{}'", range.from, range.to),
        "__timeFrom" => format!("'{}'", range.from),
        "__timeTo" => format!("'{}'", range.to),
        "__timeGroup" => {
            let seconds = go_float(bucket(name, arguments, fill)?);
            format!("floor(extract(epoch from {column})/{seconds})*{seconds}")
        }
        "__timeGroupAlias" => {
            format!("{} AS \"time\"", expansion("__timeGroup", arguments, range, fill)?)
        }
        "__unixEpochFilter" => {
            format!("{column} >= {} AND {column} <= {}", range.from.as_second(), range.to.as_second())
        }
        "__unixEpochGroup" => {
            let seconds = go_float(bucket(name, arguments, fill)?);
            format!("floor(({column})/{seconds})*{seconds}")
        }
        "__unixEpochGroupAlias" => {
            format!("{} AS \"time\"", expansion("__unixEpochGroup", arguments, range, fill)?)
        }
        _ => bail!("unknown macro '{name}'"),
    })
}

/// The width of the buckets, from a macro's second argument; its third says how to fill them.
fn bucket(name: &str, arguments: &[&str], fill: &mut Option<Fill>) -> Result<f64> {
    let [_, interval, ..] = arguments else {
        bail!("macro {name} needs a time column, an interval and, if wished, a fill value")
    };
    let seconds = parse_interval(interval.trim_matches('\''))?;
    if seconds <= 0.0 {
        bail!("interval must be positive, got {interval}");
    }
    if let [_, _, with] = arguments {
        let with = match *with {
            "NULL" => FillWith::Null,
            "previous" => FillWith::Previous,
            value => FillWith::Value(value.parse().with_context(|| format!("fill value '{value}'"))?),
        };
        *fill = Some(Fill { seconds, with });
    }
    Ok(seconds)
}

/// A number as Go's `%v` prints it: with an exponent from a million on.
fn go_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent >= 6 => format!("{digits}e+{exponent:02}"),
        Ok(exponent) if exponent < -4 => format!("{digits}e-{:02}", -exponent),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range() -> TimeRange {
        TimeRange {
            from: "2018-04-12T18:00:00Z".parse().unwrap(),
            to: "2018-04-12T18:05:00.5Z".parse().unwrap(),
        }
    }

    fn sql(text: &str) -> String {
        expand(text, &range()).unwrap().sql
    }

    #[test]
    fn the_time_range_stands_in_utc_with_as_many_decimals_as_it_has() {
        assert_eq!(
            sql("WHERE $__timeFilter(started_at) AND true"),
            "WHERE started_at BETWEEN '2018-04-12T18:00:00Z' AND '2018-04-12T18:05:00.5Z' AND true"
        );
        assert_eq!(sql("$__timeFrom() $__timeTo(x)"), "'2018-04-12T18:00:00Z' '2018-04-12T18:05:00.5Z'");
        assert_eq!(sql("$__unixEpochFrom(),$__unixEpochTo()"), "1523556000,1523556300");
        assert_eq!(sql("$__unixEpochFilter(t)"), "t >= 1523556000 AND t <= 1523556300");
    }

    #[test]
    fn time_columns_get_their_name() {
        assert_eq!(sql("$__time(t)"), "t AS \"time\"");
        assert_eq!(sql("$__timeEpoch(t)"), "extract(epoch from t) as \"time\"");
    }

    #[test]
    fn buckets_are_floors_of_the_epoch() {
        assert_eq!(sql("$__timeGroup(t, '5m')"), "floor(extract(epoch from t)/300)*300");
        assert_eq!(sql("$__timeGroupAlias(t ,  1h)"), "floor(extract(epoch from t)/3600)*3600 AS \"time\"");
        assert_eq!(sql("$__unixEpochGroupAlias(a+b,'20ms')"), "floor((a+b)/0.02)*0.02 AS \"time\"");
        assert_eq!(sql("$__timeGroup(t,'7d')"), "floor(extract(epoch from t)/604800)*604800");
        assert_eq!(sql("$__timeGroup(t,'30d')"), "floor(extract(epoch from t)/2.592e+06)*2.592e+06");
    }

    #[test]
    fn a_comma_behind_a_bucket_names_the_column() {
        assert_eq!(sql("$__timeGroup(t,'5m'), x"), "floor(extract(epoch from t)/300)*300 AS \"time\", x");
        assert_eq!(sql("$__timeGroup(t,'5m') , x"), "floor(extract(epoch from t)/300)*300 , x");
        // The comma behind the first call decides for all calls of the same text.
        assert_eq!(
            sql("$__timeGroup(t,'5m'), x GROUP BY $__timeGroup(t,'5m')"),
            "floor(extract(epoch from t)/300)*300 AS \"time\", x \
             GROUP BY floor(extract(epoch from t)/300)*300 AS \"time\""
        );
    }

    #[test]
    fn a_third_argument_fills() {
        let fill = |text: &str| expand(text, &range()).unwrap().fill;
        assert_eq!(fill("$__timeGroup(t,'5m')"), None);
        let filled = |with| Some(Fill { seconds: 300.0, with });
        assert_eq!(fill("$__timeGroup(t,'5m',NULL)"), filled(FillWith::Null));
        assert_eq!(fill("$__timeGroupAlias(t, '5m', previous)"), filled(FillWith::Previous));
        assert_eq!(fill("$__timeGroup(t,'5m', -1.5)"), filled(FillWith::Value(-1.5)));
    }

    #[test]
    fn a_parenthesis_inside_an_argument_ends_it() {
        assert_eq!(
            sql("$__timeFilter(lower(t))"),
            "lower(t BETWEEN '2018-04-12T18:00:00Z' AND '2018-04-12T18:05:00.5Z')"
        );
    }

    #[test]
    fn what_is_no_call_stays() {
        for text in ["SELECT $1, $$x$$", "$name", "${name:sqlstring}", "$ (x)", "'$5.00' (y"] {
            assert_eq!(sql(text), text);
        }
    }

    #[test]
    fn what_the_plugin_refuses_is_an_error() {
        for text in [
            "$__timeFilters(t)",
            "$__timeGroup(t)",
            "$__timeGroup(t,'0s')",
            "$__timeGroup(t,'5x')",
            "$__timeGroup(t,'5m',none)",
            "$lower(t)",
        ] {
            assert!(expand(text, &range()).is_err(), "{text}");
        }
    }
}
