//! Answers as series over time, made as Grafana's PostgreSQL plugin makes them.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::Value;

use crate::ask::Table;
use crate::macros::{Fill, FillWith};
use crate::time_range::TimeRange;

/// Series that share their times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Seconds since the Unix epoch, ascending.
    pub times: Vec<f64>,
    /// Each series by name, with a value or a gap for each time.
    pub values: Vec<(String, Vec<Option<f64>>)>,
}

/// The series of an answer. It needs a column `time`, ascending; a column `metric`, if there is one, names the
/// series of its row, else every other column is a series.
///
/// # Errors
/// When the plugin would refuse the answer.
pub fn series(table: &Table, fill: Option<Fill>, range: &TimeRange) -> Result<Series> {
    if table.rows.is_empty() {
        return Ok(Series::default());
    }
    let time =
        table.columns.iter().position(|column| column.name == "time").context("no column is called time")?;
    let metric = table.columns.iter().position(|column| column.name == "metric");
    let values: Vec<usize> =
        (0..table.columns.len()).filter(|&column| column != time && Some(column) != metric).collect();
    let mut series = Series::default();
    for row in &table.rows {
        let instant = seconds(&row[time])?;
        match series.times.last() {
            Some(&last) if last == instant => ensure!(metric.is_some(), "two rows of one time"),
            Some(&last) => ensure!(last < instant, "times are not ascending"),
            None => {}
        }
        if series.times.last() != Some(&instant) {
            series.times.push(instant);
            series.values.iter_mut().for_each(|(_, values)| values.push(None));
        }
        for &column in &values {
            let name = match metric {
                Some(metric) => row[metric].as_str().context("a metric is a text")?,
                None => &table.columns[column].name,
            };
            let at = series.values.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                series.values.push((name.to_owned(), vec![None; series.times.len()]));
                series.values.len() - 1
            });
            if let Some(last) = series.values[at].1.last_mut() {
                *last = row[column].as_f64();
            }
        }
    }
    Ok(fill.map_or(series.clone(), |fill| filled(&series, fill, range)))
}

/// Seconds since the epoch of a time column, which is a number or a timestamp.
fn seconds(value: &Value) -> Result<f64> {
    match value {
        Value::String(text) => {
            let instant: Timestamp = text.parse().with_context(|| format!("time '{text}'"))?;
            Ok(instant.as_microsecond() as f64 / 1e6)
        }
        value => value.as_f64().with_context(|| format!("time {value}")),
    }
}

/// A value for each bucket that touches the time range.
fn filled(series: &Series, fill: Fill, range: &TimeRange) -> Series {
    let first = (range.from.as_second() as f64 / fill.seconds).floor() * fill.seconds;
    let last = range.to.as_millisecond() as f64 / 1000.0;
    let times: Vec<f64> = (0..)
        .map(|bucket| first + f64::from(bucket) * fill.seconds)
        .take_while(|&time| time <= last)
        .collect();
    let values = series.values.iter().map(|(name, values)| {
        let mut previous = None;
        let filled = times.iter().map(|time| {
            let value = match series.times.iter().position(|known| known == time) {
                Some(at) => values[at],
                None => match fill.with {
                    FillWith::Null => None,
                    FillWith::Previous => previous,
                    FillWith::Value(value) => Some(value),
                },
            };
            previous = value;
            value
        });
        (name.clone(), filled.collect())
    });
    Series { values: values.collect(), times: times.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Column;
    use serde_json::json;

    fn table(names: &[&str], rows: &[Value]) -> Table {
        let columns = names.iter().map(|name| Column { name: (*name).into(), ty: String::new() }).collect();
        Table { columns, rows: rows.iter().map(|row| row.as_array().unwrap().clone()).collect() }
    }

    fn range() -> TimeRange {
        TimeRange { from: Timestamp::from_second(650).unwrap(), to: Timestamp::from_second(1800).unwrap() }
    }

    #[test]
    fn buckets_without_rows_are_gaps() {
        let answer = table(&["time", "n"], &[json!([600, 3]), json!([1500, 4])]);
        let fill = Fill { seconds: 300.0, with: FillWith::Null };
        let series = series(&answer, Some(fill), &range()).unwrap();
        assert_eq!(series.times, [600.0, 900.0, 1200.0, 1500.0, 1800.0]);
        assert_eq!(series.values, [("n".to_owned(), vec![Some(3.0), None, None, Some(4.0), None])]);
    }

    #[test]
    fn a_metric_names_its_series() {
        let answer =
            table(&["time", "metric", "s"], &[json!([1, "a", 5]), json!([1, "b", 6]), json!([2, "a", 7])]);
        let series = series(&answer, None, &range()).unwrap();
        assert_eq!(series.times, [1.0, 2.0]);
        assert_eq!(
            series.values,
            [("a".to_owned(), vec![Some(5.0), Some(7.0)]), ("b".to_owned(), vec![Some(6.0), None])]
        );
    }

    #[test]
    fn no_rows_are_no_series() {
        let fill = Fill { seconds: 300.0, with: FillWith::Value(0.0) };
        assert_eq!(series(&table(&["time", "n"], &[]), Some(fill), &range()).unwrap(), Series::default());
    }

    #[test]
    fn what_the_plugin_refuses_is_an_error() {
        for answer in [
            table(&["at", "n"], &[json!([1, 1])]),
            table(&["time", "n"], &[json!([2, 1]), json!([1, 1])]),
            table(&["time", "n"], &[json!([null, 1])]),
        ] {
            assert!(series(&answer, None, &range()).is_err());
        }
    }
}
