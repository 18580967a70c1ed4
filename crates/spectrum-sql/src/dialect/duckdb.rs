//! DuckDB.

use super::expressions::Expressions;
use super::file_run::FileRun;
use super::folding::Folding;
use super::time_text::{EpochUnit, TimeText};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Duckdb;

impl Expressions for Duckdb {
    fn dialect(&self) -> Dialect {
        Dialect::Duckdb
    }

    fn text(&self, column: &str, _ty: &KeyType) -> String {
        format!("CAST({column} AS VARCHAR)")
    }

    /// OCTET_LENGTH takes no text here.
    fn octets(&self, text: &str) -> String {
        self.digits(&format!("strlen({text})"))
    }

    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        Ok(match ty {
            TimeType::Timestamp(Unit::Microsecond) | TimeType::TimestampTz(Unit::Microsecond) => {
                format!("epoch_us({time})")
            }
            // TIMESTAMP_NS, and TIMESTAMPTZ_NS since DuckDB 2.0, of which epoch_us takes neither.
            TimeType::Timestamp(Unit::Nanosecond) | TimeType::TimestampTz(Unit::Nanosecond) => {
                format!("epoch_ns({time})")
            }
            TimeType::Epoch(_) => return self.number(time, ty),
            TimeType::Date => format!("epoch_us(CAST({time} AS TIMESTAMP))"),
        })
    }

    fn counts_nanoseconds(&self) -> bool {
        true
    }

    fn wide(&self, nanoseconds: &str) -> String {
        format!("CAST({nanoseconds} AS HUGEINT)")
    }

    fn divided(&self, number: &str, by: u32) -> String {
        format!("{number} // {by}")
    }

    /// SUM over integers is a HUGEINT.
    fn bigint(&self, sum: &str) -> String {
        format!("CAST({sum} AS BIGINT)")
    }

    fn interval(&self, difference: &str, unit: Unit) -> Option<String> {
        (unit == Unit::Microsecond).then(|| format!("to_microseconds({difference})"))
    }

    /// ICU's zones, which come with every DuckDB or are loaded when they are asked for.
    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        Ok(format!("epoch_us(to_timestamp({seconds}) AT TIME ZONE {}) // 1000000", self.literal(zone)?))
    }

    /// In the order in which the rows stand for [`Self::before`], so that they are sorted once.
    fn of_moment(&self, aggregate: &str, partition: &str, _instant: &str, order: &str) -> String {
        let rows = "RANGE BETWEEN CURRENT ROW AND CURRENT ROW";
        format!("{aggregate} OVER (PARTITION BY {partition} ORDER BY {order} {rows})")
    }

    fn present_before(&self, value: &str, window: &str) -> Option<String> {
        Some(format!("LAG({value} IGNORE NULLS) OVER ({window})"))
    }

    fn latest(&self, value: &str, window: &str) -> Option<String> {
        let rows = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
        Some(format!("LAST_VALUE({value} IGNORE NULLS) OVER ({window} {rows})"))
    }

    fn folding(&self) -> Option<&dyn Folding> {
        Some(self)
    }
}

impl Folding for Duckdb {
    fn listed(&self, value: &str, place: &str) -> String {
        format!("LIST({value} ORDER BY {place})")
    }

    fn any(&self, value: &str) -> String {
        format!("ANY_VALUE({value})")
    }

    fn appended(&self, list: &str, value: &str) -> String {
        format!("list_append({list}, {value})")
    }

    fn chosen(&self, list: &str, places: &str) -> String {
        format!("list_select({list}, {places})")
    }

    /// Before version 2 what a fold begins with has the type of the list's values, so these have it, though all that counts
    /// is how many there are.
    fn way(&self, next: &str, first: &str) -> String {
        let (next_twice, longer) =
            (self.chosen("way.next", "way.next"), self.chosen("way.next", "way.places"));
        format!(
            "list_reduce(list_transform(range(CAST(ceil(log2(len({next}))) AS BIGINT)), lambda round: {{'next': [{first}], 'places': [{first}]}}),
                         lambda way, round: {{'next': {next_twice},
                                             'places': list_concat(way.places, {longer})}},
                         {{'next': {next}, 'places': [{first}]}}).places"
        )
    }

    fn unfolded(&self, from: &str, lists: &[(String, String)]) -> (String, String) {
        let each: Vec<_> = lists.iter().map(|(list, name)| format!("UNNEST({list}) AS {name}")).collect();
        (each.join(", "), from.to_owned())
    }
}

impl FileRun for Duckdb {
    fn matches(&self, text: &str, pattern: &str) -> Option<String> {
        Some(format!("COALESCE(regexp_matches({text}, '{pattern}'), FALSE)"))
    }

    /// A clock without seconds is none here when a zone follows it.
    fn time_of_text(&self, text: &str, kind: TimeText) -> Option<String> {
        let with_seconds = format!(
            "regexp_replace(upper({text}), '^(.{{11}}[0-9]{{2}}:[0-9]{{2}})(Z|[+-].*)$', '\\1:00\\2')"
        );
        let microseconds = |factor: &str| {
            format!("CAST(make_timestamp(CAST({text} AS BIGINT) * {factor}) AS TIMESTAMP WITH TIME ZONE)")
        };
        Some(match kind {
            TimeText::Zoned => format!("CAST({with_seconds} AS TIMESTAMP WITH TIME ZONE)"),
            TimeText::Naive => format!("CAST(upper({text}) AS TIMESTAMP)"),
            TimeText::Epoch(EpochUnit::Second) => microseconds("1000000"),
            TimeText::Epoch(EpochUnit::Millisecond) => microseconds("1000"),
            TimeText::Epoch(EpochUnit::Microsecond) => microseconds("1"),
        })
    }

    fn unsigned(&self, hex: &str) -> String {
        format!("CAST('0x' || {hex} AS UBIGINT)")
    }
}
