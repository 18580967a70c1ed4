//! The differences between engines, as small functions. The defaults are what most of them share.

use spectrum_core::{EpochUnit, Gap, SessionRule};

use super::folding::Folding;
use super::merging::Merging;
use super::plan::Plan;
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

/// The steps from events to sessions.
pub(super) enum Shape<'a> {
    /// Windows over times as numbers, which all engines share.
    Windows,
    /// Spans of events that are joined, in these words.
    Merge(&'a dyn Merging),
    /// PostgreSQL's own text, to the letter, which all others are measured by.
    Reference,
}

/// How one engine writes what queries are made of. Arguments are SQL expressions unless they are called names.
pub(super) trait Expressions: Sync {
    /// Which engine it is.
    fn dialect(&self) -> Dialect;

    /// A name between the engine's quotation marks.
    fn quoted(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// What the engine calls TIMESTAMP.
    fn usual_time(&self) -> TimeType {
        TimeType::Timestamp(Unit::Microsecond)
    }

    /// A key column's text, as PostgreSQL writes it; NULL for NULL.
    fn text(&self, column: &str, ty: &KeyType) -> String;

    /// The text's length in octets of UTF-8, as text.
    fn octets(&self, text: &str) -> String {
        self.digits(&format!("OCTET_LENGTH({text})"))
    }

    /// A whole number's text.
    fn digits(&self, number: &str) -> String {
        format!("CAST({number} AS VARCHAR)")
    }

    /// The MD5 of a text's octets as lower-case hex; NULL for NULL.
    fn md5(&self, text: &str) -> String {
        format!("MD5({text})")
    }

    /// A time that is no number as a whole number of microseconds or nanoseconds since 1970; NULL for NULL.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported>;

    /// The same for times of every type, numbers among them.
    fn number(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        match ty {
            TimeType::Epoch(EpochUnit::Second) => Ok(format!("{time} * 1000000")),
            TimeType::Epoch(EpochUnit::Millisecond) => Ok(format!("{time} * 1000")),
            TimeType::Epoch(EpochUnit::Microsecond) => Ok(time.to_owned()),
            TimeType::Epoch(EpochUnit::Nanosecond) if self.counts_nanoseconds() => Ok(time.to_owned()),
            TimeType::Epoch(EpochUnit::Nanosecond) => {
                Err(Unsupported::numbers_of_nanoseconds(self.dialect()))
            }
            ty => self.instant(time, ty),
        }
    }

    /// Whether numbers of nanoseconds are compared exactly, whatever the engine's own times hold.
    fn counts_nanoseconds(&self) -> bool {
        false
    }

    /// A number of nanoseconds in a type from which the longest gap can be taken. Within 64 bits nanoseconds reach no
    /// further than from 1677 to 2262.
    fn wide(&self, nanoseconds: &str) -> String {
        nanoseconds.to_owned()
    }

    /// A whole number divided by another, cut off towards zero.
    fn divided(&self, number: &str, by: u32) -> String {
        format!("{number} / {by}")
    }

    /// The number of the row before, NULL for the first; `window` is PARTITION BY and ORDER BY.
    fn previous(&self, number: &str, window: &str) -> String {
        format!("LAG({number}) OVER ({window})")
    }

    /// A count of marks as a 64-bit integer. SUM over integers is one, unless stated otherwise.
    fn bigint(&self, sum: &str) -> String {
        sum.to_owned()
    }

    /// ORDER BY a number with NULLs at the end, as PostgreSQL has them: most engines let a setting decide.
    fn nulls_last(&self, number: &str) -> String {
        format!("{number} NULLS LAST")
    }

    /// Whether a frame may be a RANGE, which takes in all rows of an instant.
    fn has_range_frames(&self) -> bool {
        true
    }

    /// What distinguishes values of a key column that the engine treats as equal though their texts are not.
    fn told_apart_by(&self, _column: &str, _ty: &KeyType) -> Option<String> {
        None
    }

    /// The smallest (or greatest) id among some events, as PostgreSQL would order them.
    fn extreme_id(&self, function: &str, id: &str, _ty: &KeyType) -> String {
        format!("{function}({id})")
    }

    /// A text as a literal.
    ///
    /// # Errors
    /// When it holds something of which it is not sure what the engine makes.
    fn literal(&self, text: &str) -> Result<String, Unsupported> {
        Ok(format!("'{}'", text.replace('\'', "''")))
    }

    /// A number as a literal that is exact, from its digits.
    fn number_literal(&self, digits: &str) -> String {
        digits.to_owned()
    }

    /// Whether IN finds a number among literals of another type.
    fn finds_numbers(&self) -> bool {
        true
    }

    /// The escape of LIKE, and whether it has to be named. What is not escaped by it stands for itself.
    fn like_escape(&self) -> (char, bool) {
        ('!', true)
    }

    /// A text in lower or upper case, where nothing but the letters from A to Z has another case.
    fn cased(&self, text: &str, lower: bool) -> String {
        const LETTERS: [&str; 2] = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"];
        let [from, to] = if lower { LETTERS } else { [LETTERS[1], LETTERS[0]] };
        format!("TRANSLATE({text}, '{from}', '{to}')")
    }

    /// Whether conditions are compared with IS TRUE and IS FALSE.
    fn has_is_true(&self) -> bool {
        true
    }

    /// Whether NaN is greater than all numbers.
    fn has_greatest_nan(&self) -> bool {
        true
    }

    /// A condition as a value of a boolean column.
    fn boolean(&self, condition: &str) -> String {
        condition.to_owned()
    }

    /// What remains of a whole number divided by another, with the sign of the first.
    fn remainder(&self, number: &str, by: u64) -> String {
        format!("{number} % {by}")
    }

    /// What the clocks of a zone show at an instant, both as whole seconds; those of the clock are counted as in UTC.
    ///
    /// # Errors
    /// When the engine has no zones.
    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported>;

    /// An aggregate over all events of a moment; `order` is ORDER BY the instant.
    fn of_moment(&self, aggregate: &str, partition: &str, instant: &str, _order: &str) -> String {
        format!("{aggregate} OVER (PARTITION BY {partition}, {instant})")
    }

    /// What the row before has, NULL for the first. All that are asked for in one step see the same row.
    fn before(&self, value: &str, window: &str) -> String {
        self.previous(value, window)
    }

    /// The latest value that is not NULL among the rows before, where the engine can say so in the window of [`Self::before`].
    fn present_before(&self, _value: &str, _window: &str) -> Option<String> {
        None
    }

    /// The latest value that is not NULL up to and including the instant, where the engine can say so.
    fn latest(&self, _value: &str, _window: &str) -> Option<String> {
        None
    }

    /// What the row so many rows further on has, NULL where there is none.
    fn ahead(&self, value: &str, rows: i32, window: &str) -> String {
        format!("LEAD({value}, {rows}) OVER ({window})")
    }

    /// How the engine follows lists, for rules for which it matters where a session began.
    fn folding(&self) -> Option<&dyn Folding> {
        None
    }

    /// Refuses rules for which the engine has no words.
    fn check_rule(&self, _rule: &SessionRule) -> Result<(), Unsupported> {
        Ok(())
    }

    /// A difference of instants as an interval, where the engine has a type for it that holds every duration exactly.
    fn interval(&self, _difference: &str, _unit: Unit) -> Option<String> {
        None
    }

    /// Whether two times are further apart than the gap, where the engine subtracts them as they are. Elsewhere they are
    /// whole numbers.
    fn is_apart(&self, _later: &str, _earlier: &str, _gap: Gap, _ty: TimeType) -> Option<String> {
        None
    }

    /// The steps that a plan takes, or those that are taken instead of it.
    fn shape(&self, _plan: Plan) -> Shape<'_> {
        Shape::Windows
    }

    /// What stands between the parts of an id's text.
    fn between_parts(&self) -> &'static str {
        "\n         || "
    }

    /// Whether the engine writes key columns of any type as PostgreSQL does.
    fn has_all_key_types(&self) -> bool {
        false
    }

    /// Refuses names that the engine's columns cannot have.
    fn check_column(&self, _name: &str) -> Result<(), Unsupported> {
        Ok(())
    }

    /// Refuses parts that no table's name can have, and names of more parts than there are.
    fn check_table(&self, parts: &[&str]) -> Result<(), Unsupported> {
        at_most(self.dialect(), parts, 3)
    }

    /// Whether columns that differ only in case are one.
    fn ignores_case(&self) -> bool {
        true
    }

    /// Whether a plain lower-case word may not stand unquoted.
    fn is_reserved(&self, word: &str) -> bool {
        super::reserved::is_reserved(word)
    }
}

/// Refuses a name of more parts than the engine has.
pub(super) fn at_most(dialect: Dialect, parts: &[&str], most: usize) -> Result<(), Unsupported> {
    if parts.len() <= most {
        return Ok(());
    }
    let words = ["", "a name", "database.table", "catalog.schema.table"];
    let shape = words.get(most).copied().unwrap_or("fewer parts");
    let feature = format!("a table's name of {} parts ({})", parts.len(), parts.join("."));
    Err(Unsupported::new(dialect, feature, format!("write {shape}, and quote parts that hold a dot")))
}

/// A text as a literal of engines in which a backslash takes what follows for something else.
pub(super) fn with_backslashes(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r");
    format!("'{escaped}'")
}

/// Sixteen bytes' 32 hex digits with a uuid's hyphens.
pub(super) fn hyphenated(hex: &str) -> String {
    let part = |from: u32, length: u32| format!("SUBSTR({hex}, {from}, {length})");
    [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
}

/// Days since 1970 as microseconds.
pub(super) fn days_as_microseconds(days: &str) -> String {
    format!("{days} * 86400000000")
}
