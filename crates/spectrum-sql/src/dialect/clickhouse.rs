//! ClickHouse.

use super::expressions::{Expressions, at_most, days_as_microseconds, with_backslashes};
use super::file_run::FileRun;
use super::folding::Folding;
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Clickhouse;

const BEFORE: &str = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING";

impl Expressions for Clickhouse {
    fn dialect(&self) -> Dialect {
        Dialect::Clickhouse
    }

    /// Quoted names know the escapes of texts.
    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    fn text(&self, column: &str, _ty: &KeyType) -> String {
        self.digits(column)
    }

    /// `length` counts bytes.
    fn octets(&self, text: &str) -> String {
        self.digits(&format!("length({text})"))
    }

    /// A cast to String would lose Nullable; this keeps it.
    fn digits(&self, number: &str) -> String {
        format!("toString({number})")
    }

    fn md5(&self, text: &str) -> String {
        format!("lower(hex(MD5({text})))")
    }

    /// `DateTime` and `DateTime64` of any precision; what is finer than the unit is cut off.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        Ok(match ty.unit() {
            _ if ty == TimeType::Date => days_as_microseconds(&format!("toInt64(toInt32({time}))")),
            Unit::Microsecond => format!("toUnixTimestamp64Micro(toDateTime64({time}, 6))"),
            Unit::Nanosecond => format!("toUnixTimestamp64Nano(toDateTime64({time}, 9))"),
        })
    }

    fn counts_nanoseconds(&self) -> bool {
        true
    }

    fn wide(&self, nanoseconds: &str) -> String {
        format!("toInt128({nanoseconds})")
    }

    fn divided(&self, number: &str, by: u32) -> String {
        format!("intDiv({number}, {by})")
    }

    /// `lagInFrame` gives the first row the type's zero unless the type can be NULL; and it looks no further
    /// than the frame.
    fn previous(&self, number: &str, window: &str) -> String {
        format!(
            "lagInFrame(toNullable({number})) OVER ({window}
                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
    }

    /// SUM over small integers is unsigned or not, as they are.
    fn bigint(&self, sum: &str) -> String {
        format!("toInt64({sum})")
    }

    /// UUIDs are compared by their second half first; as text they are as PostgreSQL has them.
    fn extreme_id(&self, function: &str, id: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Uuid => format!("toUUIDOrNull({function}(toString({id})))"),
            _ => format!("{function}({id})"),
        }
    }

    fn check_table(&self, parts: &[&str]) -> Result<(), Unsupported> {
        at_most(self.dialect(), parts, 2)
    }

    fn ignores_case(&self) -> bool {
        false
    }

    fn literal(&self, text: &str) -> Result<String, Unsupported> {
        Ok(with_backslashes(text))
    }

    /// A literal with a point would be a double.
    fn number_literal(&self, digits: &str) -> String {
        match digits.split_once('.') {
            Some((_, fraction)) => format!("toDecimal128('{digits}', {})", fraction.len()),
            None => digits.to_owned(),
        }
    }

    /// IN makes each literal a value of the column's type first, which not all can be.
    fn finds_numbers(&self) -> bool {
        false
    }

    fn like_escape(&self) -> (char, bool) {
        ('\\', false)
    }

    /// `lower` and `upper` know no other letters.
    fn cased(&self, text: &str, lower: bool) -> String {
        format!("{}({text})", if lower { "lower" } else { "upper" })
    }

    fn has_greatest_nan(&self) -> bool {
        false
    }

    /// What a condition gives is a small number.
    fn boolean(&self, condition: &str) -> String {
        format!("CAST({condition} AS Bool)")
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        let zone = self.literal(zone)?;
        Ok(format!("({seconds} + timezoneOffset(toDateTime64({seconds}, 0, {zone})))"))
    }

    /// In the order in which the rows stand for [`Self::before`], so that they are sorted once.
    fn of_moment(&self, aggregate: &str, partition: &str, _instant: &str, order: &str) -> String {
        let rows = "RANGE BETWEEN CURRENT ROW AND CURRENT ROW";
        format!("{aggregate} OVER (PARTITION BY {partition} ORDER BY {order} {rows})")
    }

    /// One frame for all that is asked for, so that all see the same row.
    fn before(&self, value: &str, window: &str) -> String {
        format!("anyLast_respect_nulls(toNullable({value})) OVER ({window} {BEFORE})")
    }

    fn present_before(&self, value: &str, window: &str) -> Option<String> {
        Some(format!("anyLast(toNullable({value})) OVER ({window} {BEFORE})"))
    }

    fn latest(&self, value: &str, window: &str) -> Option<String> {
        let rows = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
        Some(format!("anyLast({value}) OVER ({window} {rows})"))
    }

    /// It looks no further than the frame.
    fn ahead(&self, value: &str, rows: i32, window: &str) -> String {
        format!(
            "leadInFrame(toNullable({value}), {rows}) OVER ({window}
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
        )
    }

    fn folding(&self) -> Option<&dyn Folding> {
        Some(self)
    }
}

impl Folding for Clickhouse {
    /// What `groupArray` gathers is in no settled order.
    fn listed(&self, value: &str, place: &str) -> String {
        format!("arrayMap(row -> row.2, arraySort(groupArray(({place}, {value}))))")
    }

    fn any(&self, value: &str) -> String {
        format!("any({value})")
    }

    fn appended(&self, list: &str, value: &str) -> String {
        format!("arrayPushBack({list}, {value})")
    }

    /// A function that looks up each place in the list would copy the list for each, in all but the latest versions. So every
    /// value is repeated as often as its place is asked for, which gives them in order because the places are. How often
    /// that is shows when all places there are stand among those that are asked for: equal ones are then together.
    fn chosen(&self, list: &str, places: &str) -> String {
        let all = format!("arraySort(arrayConcat({places}, arrayEnumerate({list})))");
        format!(
            "arrayFlatten(arrayMap((value, times) -> arrayWithConstant(times, value), {list},
                 arrayMap(same -> length(same) - 1, arraySplit((place, step) -> step <> 0, {all}, arrayDifference({all})))))"
        )
    }

    fn way(&self, next: &str, first: &str) -> String {
        let (next_twice, longer) = (self.chosen("way.1", "way.1"), self.chosen("way.1", "way.2"));
        format!(
            "arrayFold((way, round) -> ({next_twice},
                                       arrayConcat(way.2, {longer})),
                       range(toUInt64(ceil(log2(length({next}))))), ({next}, [{first}])).2"
        )
    }

    fn unfolded(&self, from: &str, lists: &[(String, String)]) -> (String, String) {
        let names: Vec<_> = lists.iter().map(|(_, name)| name.as_str()).collect();
        let each: Vec<_> = lists.iter().map(|(list, name)| format!("{list} AS {name}")).collect();
        (names.join(", "), format!("{from} ARRAY JOIN {}", each.join(", ")))
    }
}

impl FileRun for Clickhouse {
    /// A cast to DOUBLE would lose Nullable; this keeps it.
    fn double(&self, number: &str) -> String {
        format!("toFloat64({number})")
    }

    fn no_text(&self) -> String {
        "CAST(NULL AS Nullable(String))".to_owned()
    }

    /// Of 128 bits, since sums of 64 bits do not carry over.
    fn unsigned(&self, hex: &str) -> String {
        format!("toUInt128(reinterpretAsUInt64(reverse(unhex({hex}))))")
    }
}
