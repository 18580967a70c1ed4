//! Conditions of rules as SQL: printed anew from the tree, never pasted.
//!
//! Texts compare by their bytes, so what orders them, or takes them apart, is told the collation "C"; whether a column
//! equals a literal needs none, because a deterministic collation never makes different bytes equal.

use spectrum_core::{Condition, Literal, Predicate, Value, ValueKind, Wildcard};

use crate::quote::{identifier, literal};

/// A predicate as a condition. Columns are compared as they are, but for those in `casts`, which has the type that each has to
/// be cast to.
///
/// ```
/// # use spectrum_sql::postgres::condition;
/// let predicate = "event_type in ('login', 'it''s') and lower(page) >= 'm'".parse()?;
/// assert_eq!(condition(&predicate, &[]), r#"event_type IN ('login', 'it''s') AND LOWER(page COLLATE "C") COLLATE "C" >= 'm'"#);
/// # Ok::<(), spectrum_core::PredicateError>(())
/// ```
pub fn condition(predicate: &Predicate, casts: &[(String, String)]) -> String {
    Printer::new(predicate, casts).condition(predicate.condition())
}

/// A predicate, and what its columns have to be cast to.
pub(super) struct Printer<'a> {
    kinds: Vec<(&'a spectrum_core::EventColumn, Option<ValueKind>)>,
    casts: &'a [(String, String)],
}

impl<'a> Printer<'a> {
    pub(super) fn new(predicate: &'a Predicate, casts: &'a [(String, String)]) -> Self {
        Self { kinds: predicate.columns().collect(), casts }
    }

    /// The condition, in parentheses where it would fall apart beside AND.
    pub(super) fn beside_and(&self, condition: &Condition) -> String {
        match condition {
            Condition::Or(_) => format!("({})", self.condition(condition)),
            _ => self.condition(condition),
        }
    }

    /// The condition followed by `IS TRUE` or `IS NOT TRUE`.
    pub(super) fn is(&self, condition: &Condition, negated: bool) -> String {
        let not = if negated { "NOT " } else { "" };
        match condition {
            Condition::Value(value) => format!("{} IS {not}TRUE", self.value(value)),
            _ => format!("({}) IS {not}TRUE", self.condition(condition)),
        }
    }

    pub(super) fn condition(&self, condition: &Condition) -> String {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match condition {
            Condition::And(parts) => {
                parts.iter().map(|part| self.beside_and(part)).collect::<Vec<_>>().join(" AND ")
            }
            Condition::Or(parts) => {
                parts.iter().map(|part| self.condition(part)).collect::<Vec<_>>().join(" OR ")
            }
            Condition::Not(of) => format!("NOT ({})", self.condition(of)),
            Condition::Is { of, truth, negated } => {
                let truth = if *truth { "TRUE" } else { "FALSE" };
                match &**of {
                    Condition::Value(value) => format!("{} IS {}{truth}", self.value(value), not(*negated)),
                    of => format!("({}) IS {}{truth}", self.condition(of), not(*negated)),
                }
            }
            Condition::IsNull { of, negated } => format!("{} IS {}NULL", self.value(of), not(*negated)),
            Condition::Compare { left, operator, right } => {
                // What is said of one side goes for both.
                let (left_sql, right_sql) = match (operator.orders(), left, right) {
                    (false, left, Value::Literal(_)) => (self.equated(left), self.value(right)),
                    (_, Value::Literal(_), right) => (self.value(left), self.ordered(right)),
                    (_, left, right) => (self.ordered(left), self.value(right)),
                };
                format!("{left_sql} {} {right_sql}", operator.symbol())
            }
            Condition::In { value, list, negated } => {
                let list: Vec<String> = list.iter().map(literal_of).collect();
                format!("{} {}IN ({})", self.equated(value), not(*negated), list.join(", "))
            }
            Condition::Between { value, low, high, negated } => format!(
                "{} {}BETWEEN {} AND {}",
                self.ordered(value),
                not(*negated),
                self.value(low),
                self.value(high)
            ),
            Condition::Like { value, pattern, negated } => {
                format!("{} {}LIKE {}", self.ordered(value), not(*negated), literal(&like(pattern)))
            }
            Condition::Value(value) => self.value(value),
        }
    }

    /// A value that only has to be equal to a literal. What was put together of several columns may have several
    /// collations, of which PostgreSQL would not know which to take.
    fn equated(&self, value: &Value) -> String {
        if matches!(value, Value::Coalesce(_)) { self.ordered(value) } else { self.value(value) }
    }

    /// A value that is compared by its bytes, if it is a text.
    fn ordered(&self, value: &Value) -> String {
        let by_bytes = self.kind(value) == ValueKind::Text;
        format!("{}{}", self.value(value), if by_bytes { " COLLATE \"C\"" } else { "" })
    }

    fn value(&self, value: &Value) -> String {
        // In "C" nothing but the letters from A to Z has another case.
        let cased = |name: &str, of: &Value| format!("{name}({} COLLATE \"C\")", self.value(of));
        match value {
            Value::Column(column) => match &column.member {
                Some(member) => format!("({} ->> {})", self.column(&column.name), literal(member)),
                None => self.column(&column.name),
            },
            Value::Lower(of) => cased("LOWER", of),
            Value::Upper(of) => cased("UPPER", of),
            Value::Coalesce(values) => {
                let values: Vec<String> = values.iter().map(|value| self.value(value)).collect();
                format!("COALESCE({})", values.join(", "))
            }
            Value::Literal(literal) => literal_of(literal),
        }
    }

    fn column(&self, name: &str) -> String {
        column(name, self.casts)
    }

    fn kind(&self, value: &Value) -> ValueKind {
        match value {
            Value::Column(column) => {
                let known = self.kinds.iter().find(|(known, _)| *known == column);
                known.and_then(|(_, kind)| *kind).unwrap_or(ValueKind::Text)
            }
            Value::Lower(_) | Value::Upper(_) => ValueKind::Text,
            Value::Coalesce(values) => values.first().map_or(ValueKind::Text, |first| self.kind(first)),
            Value::Literal(literal) => literal.kind(),
        }
    }
}

/// A column of the events, cast where its type has to be another one.
pub(super) fn column(name: &str, casts: &[(String, String)]) -> String {
    let cast = casts.iter().find(|(cast, _)| cast == name);
    cast_to(&identifier(name), cast.map(|(_, ty)| ty.as_str()))
}

/// A column as a type, or as a call with `{}` in the column's place. A collation stands in parentheses, because BETWEEN
/// takes none in its first bound.
pub(super) fn cast_to(column: &str, cast: Option<&str>) -> String {
    match cast {
        Some(call) if call.contains("{}") => call.replace("{}", column),
        Some(ty) if ty.contains(" COLLATE ") => format!("({column}::{ty})"),
        Some(ty) => format!("{column}::{ty}"),
        None => column.to_owned(),
    }
}

fn literal_of(value: &Literal) -> String {
    match value {
        Literal::Text(text) => literal(text),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(true) => "TRUE".to_owned(),
        Literal::Boolean(false) => "FALSE".to_owned(),
    }
}

/// The pattern as LIKE takes it, with a backslash before what stands for itself.
fn like(pattern: &[Wildcard]) -> String {
    let mut text = String::new();
    for piece in pattern {
        match piece {
            Wildcard::Any => text.push('%'),
            Wildcard::One => text.push('_'),
            Wildcard::Text(itself) => {
                for character in itself.chars() {
                    if matches!(character, '%' | '_' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_printed_and_quoted() {
        let printed = |text: &str| {
            let predicate: Predicate = text.parse().unwrap();
            let casts = [("kind_of".to_owned(), "TEXT".to_owned())];
            Printer::new(&predicate, &casts).condition(predicate.condition())
        };
        insta::assert_snapshot!(
            [
                "event_type in ('login', 'it''s', 'a\\b') and is_bot is not true",
                "not (a = 1 or b = 2) and (c or d is false)",
                r#""Event Type" like '100\%\_%_\\' or kind_of = 'x'"#,
                "lower(kind) >= upper(other) and kind = other",
                "coalesce(kind, other, 'none') = 'none'",
                "n not between -5 and 0.50 and n <> 1e3",
                "props ->> 'it''s' = 'x' and (props ->> 'y' is null) is not false",
                "(kind = 'x') is true or true",
            ]
            .map(|text| format!("{}\n", printed(text)))
            .concat()
        );
    }
}
