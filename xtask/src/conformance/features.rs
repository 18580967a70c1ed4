//! What the support table has a line for. A feature is known by the cases that have it.

use spectrum_testkit::{Case, ColumnType, Definition, NullTime, Scheme, TimeUnit};

/// A line of the support table.
pub(super) struct Feature {
    pub(super) name: &'static str,
    /// For lines about a column's type, so that the engine's own can be named.
    pub(super) column: Option<ColumnType>,
    /// Only lines about rules tell the reasons of cases that have some; others would tell of rules and not of themselves.
    of_rules: bool,
    /// The same of what the summary tells.
    of_summary: bool,
    has: Box<dyn Fn(&Case) -> bool>,
}

impl Feature {
    pub(super) fn is_in(&self, case: &Case) -> bool {
        (self.has)(case)
    }

    /// Whether what an engine says of the case is to be read in this line.
    pub(super) fn is_told_by(&self, case: &Case) -> bool {
        let Definition { rules, summary, .. } = &case.definition;
        self.of_summary || summary.is_empty() && (self.of_rules || rules.is_empty())
    }
}

/// The lines of the table under their headings.
pub(super) fn sections() -> Vec<(&'static str, Vec<Feature>)> {
    vec![
        ("Definitions", definitions()),
        ("Rules beyond the gap", rules()),
        ("What the summary tells", told()),
        ("Key columns", key_columns()),
        ("Times", times()),
        ("Events", events()),
    ]
}

fn feature(name: &'static str, has: impl Fn(&Case) -> bool + 'static) -> Feature {
    Feature { name, column: None, of_rules: false, of_summary: false, has: Box::new(has) }
}

fn definitions() -> Vec<Feature> {
    let scheme = |name, scheme: Scheme| feature(name, move |case: &Case| case.definition.id == scheme);
    let gap = |name, ends: &'static [&'static str]| {
        feature(name, move |case: &Case| {
            let unit = case.definition.gap.trim_start_matches(|c: char| c.is_ascii_digit());
            ends.contains(&unit)
        })
    };
    vec![
        scheme("ids by `sequence`", Scheme::Sequence),
        scheme("ids by `encoded`", Scheme::Encoded),
        scheme("ids by `start`", Scheme::Start),
        gap("gaps of days", &["d"]),
        gap("gaps of milliseconds and microseconds", &["ms", "us"]),
        gap("gaps of nanoseconds", &["ns"]),
        feature("keys of several columns", |case| case.definition.key.len() > 1),
        feature("names with quotes, blanks and other letters", |case| {
            case.columns
                .iter()
                .any(|column| column.name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        }),
        feature("events without a time are left out (`drop`)", |case| {
            case.definition.null_time == NullTime::Drop
        }),
    ]
}

fn rules() -> Vec<Feature> {
    let rule = |title, names: &'static [&'static str]| {
        let has = move |case: &Case| {
            let of_case = case.definition.rules.names();
            names.iter().all(|name| of_case.contains(name))
        };
        Feature { of_rules: true, ..feature(title, has) }
    };
    vec![
        rule("`where`", &["where"]),
        rule("`at_gap`", &["at_gap"]),
        rule("`gap_when`", &["gap_when"]),
        rule("`split_at`", &["split_at"]),
        rule("`split_at` with `timezone`", &["split_at", "timezone"]),
        rule("`start_when`", &["start_when"]),
        rule("`end_when`", &["end_when"]),
        rule("`split_on`", &["split_on"]),
        rule("`split_on_null`", &["split_on_null"]),
        rule("`max_duration`", &["max_duration"]),
        rule("`max_events`", &["max_events"]),
        rule("`passive_when`", &["passive_when"]),
        rule("`ignore_when`", &["ignore_when"]),
    ]
}

fn told() -> Vec<Feature> {
    let measure = |title, measures: &'static [&'static str]| {
        let has = move |case: &Case| {
            let columns = case.definition.summary.columns().unwrap_or_default();
            columns.iter().any(|column| measures.contains(&column.measure.as_str()))
        };
        Feature { of_summary: true, ..feature(title, has) }
    };
    vec![
        measure("`first`, `last`", &["first", "last"]),
        measure("`count`, `any`", &["count", "any"]),
        measure("`count_distinct`", &["count_distinct"]),
        measure("`sum`", &["sum"]),
        measure("`min`, `max`", &["min", "max"]),
        measure("`when`", &["when"]),
    ]
}

fn keys(case: &Case) -> impl Iterator<Item = &ColumnType> {
    case.key_columns().iter().map(|column| &column.ty)
}

fn key_columns() -> Vec<Feature> {
    let typed = |name, ty: ColumnType| {
        let wanted = ty.clone();
        Feature { column: Some(ty), ..feature(name, move |case| keys(case).any(|ty| *ty == wanted)) }
    };
    vec![
        typed("text", ColumnType::Utf8),
        typed("uuid", ColumnType::Uuid),
        typed("boolean", ColumnType::Boolean),
        typed("int8", ColumnType::Int8),
        typed("int16", ColumnType::Int16),
        typed("int32", ColumnType::Int32),
        typed("int64", ColumnType::Int64),
        typed("uint8", ColumnType::UInt8),
        typed("uint16", ColumnType::UInt16),
        typed("uint32", ColumnType::UInt32),
        typed("uint64", ColumnType::UInt64),
        feature("doubles, read as text", |case| !case.definition.read_as_text.is_empty()),
    ]
}

fn times() -> Vec<Feature> {
    let typed = |name, ty: ColumnType| {
        let wanted = ty.clone();
        let same = move |ty: &ColumnType| match (ty, &wanted) {
            (ColumnType::Timestamp(unit, zone), ColumnType::Timestamp(other, with)) => {
                unit == other && zone.is_some() == with.is_some()
            }
            (ty, wanted) => ty == wanted,
        };
        Feature { column: Some(ty), ..feature(name, move |case| same(case.time_type())) }
    };
    let timestamp =
        |name, unit, zone: Option<&str>| typed(name, ColumnType::Timestamp(unit, zone.map(Into::into)));
    let counted = |name, unit| Feature {
        column: Some(ColumnType::Int64),
        ..feature(name, move |case: &Case| case.definition.time_unit == Some(unit))
    };
    vec![
        typed("date", ColumnType::Date32),
        timestamp("timestamp in seconds", TimeUnit::Second, None),
        timestamp("timestamp in milliseconds", TimeUnit::Millisecond, None),
        timestamp("timestamp in microseconds", TimeUnit::Microsecond, None),
        timestamp("timestamp in nanoseconds", TimeUnit::Nanosecond, None),
        counted("numbers of seconds since 1970", TimeUnit::Second),
        counted("numbers of milliseconds", TimeUnit::Millisecond),
        counted("numbers of microseconds", TimeUnit::Microsecond),
        counted("numbers of nanoseconds", TimeUnit::Nanosecond),
        timestamp("with zone, in microseconds", TimeUnit::Microsecond, Some("UTC")),
        timestamp("with zone, in nanoseconds", TimeUnit::Nanosecond, Some("UTC")),
        feature("zones that are offsets", |case| match case.time_type() {
            ColumnType::Timestamp(_, Some(zone)) => zone.starts_with(['+', '-']),
            _ => false,
        }),
        feature("years 1 to 9999", |case| {
            within(case, YEAR_1, YEAR_10000) && !within(case, YEAR_1, YEAR_2000)
        }),
        feature("before the year 1, after 9999", |case| {
            within(case, FIRST_MICROSECOND, LAST_MICROSECOND) && !within(case, YEAR_1, YEAR_10000)
        }),
        feature("outside PostgreSQL's calendar", |case| !within(case, YEAR_4714_BC, YEAR_294277)),
        feature("the largest 64-bit number", |case| {
            let last = case.time_type().tick().map(|tick| tick * i128::from(i64::MAX));
            last.is_some() && case.instants().contains(&last)
        }),
        feature("beyond 64 bits of microseconds", |case| !within(case, FIRST_MICROSECOND, LAST_MICROSECOND)),
        feature("more than 64 bits of microseconds apart", |case| {
            let instants = case.instants();
            let ends = instants.iter().flatten().min().zip(instants.iter().flatten().max());
            ends.is_some_and(|(first, last)| (last - first) / 1_000 > i128::from(i64::MAX))
        }),
    ]
}

const SECOND: i128 = 1_000_000_000;
const YEAR_4714_BC: i128 = -210_866_803_200 * SECOND;
const YEAR_294277: i128 = 9_224_318_016_000 * SECOND;
const YEAR_1: i128 = -62_135_596_800 * SECOND;
const YEAR_2000: i128 = 946_684_800 * SECOND;
const YEAR_10000: i128 = 253_402_300_800 * SECOND;
const FIRST_MICROSECOND: i128 = i64::MIN as i128 * 1_000;
const LAST_MICROSECOND: i128 = i64::MAX as i128 * 1_000 + 1;

/// Whether all times of the case are from `first` on and before `end`.
fn within(case: &Case, first: i128, end: i128) -> bool {
    case.instants().iter().flatten().all(|nanos| (first..end).contains(nanos))
}

fn events() -> Vec<Feature> {
    let key_value = |name, has: fn(Option<&str>) -> bool| {
        feature(name, move |case: &Case| {
            (0..case.events.len()).any(|row| case.key_values(row).iter().any(|value| has(value.as_deref())))
        })
    };
    vec![
        key_value("NULL in a key column", |value| value.is_none()),
        key_value("empty texts", |value| value == Some("")),
        key_value("texts beyond ASCII", |value| value.is_some_and(|text| !text.is_ascii())),
        key_value("texts with U+0000", |value| value.is_some_and(|text| text.contains('\0'))),
        feature("events at the same instant", |case| {
            let mut instants = case.instants();
            instants.sort_unstable();
            instants.windows(2).any(|pair| pair[0] == pair[1])
        }),
        feature("event ids that occur twice", |case| {
            let mut ids: Vec<_> = (0..case.events.len()).map(|row| case.event_id(row)).collect();
            ids.sort_unstable();
            ids.windows(2).any(|pair| pair[0] == pair[1])
        }),
        feature("events in any order", |case| case.events.len() > 1),
        feature("one row per session (`--summary`)", |_| true),
    ]
}
