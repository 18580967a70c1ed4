//! Spark and Databricks.

use super::expressions::{Expressions, Shape, days_as_microseconds, hyphenated, with_backslashes};
use super::file_run::FileRun;
use super::folding::Folding;
use super::merging::Merging;
use super::plan::Plan;
use super::time_text::{EpochUnit, TimeText};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Spark;

impl Expressions for Spark {
    fn dialect(&self) -> Dialect {
        Dialect::Spark
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    /// TIMESTAMP is an instant; a time without a zone is called TIMESTAMP_NTZ.
    fn usual_time(&self) -> TimeType {
        TimeType::TimestampTz(Unit::Microsecond)
    }

    /// There is not a uuid type: Parquet's arrives as 16 bytes.
    fn text(&self, column: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Uuid => hyphenated(&format!("lower(hex({column}))")),
            _ => self.digits(column),
        }
    }

    fn digits(&self, number: &str) -> String {
        format!("CAST({number} AS STRING)")
    }

    /// The difference of two TIMESTAMPs is that of the clocks in the session's zone, and wrong where clocks change.
    /// `unix_micros` of a TIMESTAMP_NTZ would go through that zone as well, so its date and clock are added up.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        match ty {
            TimeType::TimestampTz(Unit::Microsecond) => Ok(format!("unix_micros({time})")),
            TimeType::Timestamp(Unit::Microsecond) => Ok(format!(
                "unix_date(CAST({time} AS DATE)) * 86400000000 + (hour({time}) * 60 + minute({time})) * 60000000L
           + CAST(extract(SECOND FROM {time}) * 1000000 AS BIGINT)"
            )),
            TimeType::Date => Ok(days_as_microseconds(&format!("unix_date({time})"))),
            _ => Err(Unsupported::nanoseconds(self.dialect())),
        }
    }

    fn shape(&self, plan: Plan) -> Shape<'_> {
        match plan {
            Plan::Window => Shape::Windows,
            Plan::Merge => Shape::Merge(self),
        }
    }

    /// `${` would be taken for a variable wherever it stands.
    fn literal(&self, text: &str) -> Result<String, Unsupported> {
        Ok(with_backslashes(text).replace("${", "\\u0024{"))
    }

    fn like_escape(&self) -> (char, bool) {
        ('\\', false)
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        Ok(format!("unix_seconds(from_utc_timestamp(timestamp_seconds({seconds}), {}))", self.literal(zone)?))
    }

    /// `/` would give a double.
    fn divided(&self, number: &str, by: u32) -> String {
        format!("{number} div {by}")
    }

    fn folding(&self) -> Option<&dyn Folding> {
        Some(self)
    }
}

impl Folding for Spark {
    /// What `collect_list` gathers is in no settled order.
    fn listed(&self, value: &str, place: &str) -> String {
        format!(
            "transform(array_sort(collect_list(named_struct('place', {place}, 'value', {value}))), row -> row.value)"
        )
    }

    fn any(&self, value: &str) -> String {
        format!("FIRST({value})")
    }

    fn appended(&self, list: &str, value: &str) -> String {
        format!("concat({list}, array({value}))")
    }

    /// `[]` counts from 0, and takes no number of 64 bits in versions before 4.
    fn chosen(&self, list: &str, places: &str) -> String {
        format!("transform({places}, place -> element_at({list}, CAST(place AS INT)))")
    }

    fn way(&self, next: &str, first: &str) -> String {
        let (next_twice, longer) =
            (self.chosen("way.next", "way.next"), self.chosen("way.next", "way.places"));
        format!(
            "aggregate(sequence(1, CAST(ceil(log2(size({next}))) AS INT)),
                       named_struct('next', {next}, 'places', array({first})),
                       (way, round) -> named_struct('next', {next_twice},
                                                    'places', concat(way.places, {longer}))).places"
        )
    }

    fn unfolded(&self, from: &str, lists: &[(String, String)]) -> (String, String) {
        let names: Vec<_> = lists.iter().map(|(_, name)| name.as_str()).collect();
        let zipped: Vec<_> = lists.iter().map(|(list, _)| list.as_str()).collect();
        let view = format!("LATERAL VIEW inline(arrays_zip({})) unfolded", zipped.join(", "));
        (names.join(", "), format!("{from} {view} AS {}", names.join(", ")))
    }
}

impl FileRun for Spark {
    fn is_no_uuid(&self, column: &str) -> Option<String> {
        Some(format!("octet_length({column}) <> 16"))
    }

    fn matches(&self, text: &str, pattern: &str) -> Option<String> {
        Some(format!("COALESCE({text} RLIKE '{pattern}', FALSE)"))
    }

    /// A clock without seconds is none here when a zone follows it.
    fn time_of_text(&self, text: &str, kind: TimeText) -> Option<String> {
        let with_seconds =
            format!("regexp_replace(upper({text}), '^(.{{11}}[0-9]{{2}}:[0-9]{{2}})(Z|[+-].*)$', '$1:00$2')");
        let number = format!("CAST({text} AS BIGINT)");
        Some(match kind {
            TimeText::Zoned => format!("CAST({with_seconds} AS TIMESTAMP)"),
            TimeText::Naive => format!("CAST(upper({text}) AS TIMESTAMP_NTZ)"),
            TimeText::Epoch(EpochUnit::Second) => format!("timestamp_seconds({number})"),
            TimeText::Epoch(EpochUnit::Millisecond) => format!("timestamp_millis({number})"),
            TimeText::Epoch(EpochUnit::Microsecond) => format!("timestamp_micros({number})"),
        })
    }

    /// `conv` gives a number beyond 63 bits as text.
    fn unsigned(&self, hex: &str) -> String {
        format!("CAST(conv({hex}, 16, 10) AS DECIMAL(20, 0))")
    }
}

impl Merging for Spark {
    /// `div` cuts off towards zero, `floor` of a quotient is that of a double, and a remainder taken away first runs
    /// over at the lower end.
    fn floor_divided(&self, number: &str, by: u64) -> String {
        format!("{number} div {by} - CASE WHEN {number} % {by} < 0 THEN 1 ELSE 0 END")
    }

    /// Joins find rows by its hash, as they do by that of `=`.
    fn same(&self, left: &str, right: &str) -> String {
        format!("{left} <=> {right}")
    }

    /// Left to itself Spark would send the events to the labels from 10 MB of them on.
    fn sent_to_all(&self, step: &str) -> String {
        format!("/*+ BROADCAST({step}) */")
    }

    /// Structs are compared field by field, and NULL comes before all else.
    fn first_of(&self, instant: &str, id: &str) -> String {
        format!(
            "MIN(named_struct('late', {instant} IS NULL, 'instant', {instant}, 'without', {id} IS NULL, 'id', {id}))"
        )
    }

    fn last_of(&self, instant: &str, id: &str) -> String {
        format!("MAX(named_struct('instant', {instant}, 'with', {id} IS NOT NULL, 'id', {id}))")
    }

    fn id_in(&self, of: &str) -> String {
        format!("{of}.id")
    }
}
