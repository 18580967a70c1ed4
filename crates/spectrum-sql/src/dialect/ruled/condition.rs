//! Conditions of rules, printed anew from the tree in a dialect's words.
//!
//! Every engine here compares texts by their bytes unless a column is told otherwise, so nothing has to be said of it.

use spectrum_core::{Comparison, Condition, Literal, Predicate, Value, ValueKind, Wildcard};

use crate::dialect::Unsupported;
use crate::dialect::columns::name;
use crate::dialect::expressions::Expressions;

/// A predicate as a condition, which may be unknown.
pub(in crate::dialect) fn condition(
    syntax: &dyn Expressions,
    predicate: &Predicate,
) -> Result<String, Unsupported> {
    let kinds = predicate.columns().collect();
    Printer { syntax, kinds }.condition(predicate.condition())
}

struct Printer<'a> {
    syntax: &'a dyn Expressions,
    kinds: Vec<(&'a spectrum_core::EventColumn, Option<ValueKind>)>,
}

impl Printer<'_> {
    fn condition(&self, condition: &Condition) -> Result<String, Unsupported> {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        Ok(match condition {
            Condition::And(parts) => self.joined(parts, " AND ")?,
            Condition::Or(parts) => self.joined(parts, " OR ")?,
            Condition::Not(of) => format!("NOT ({})", self.condition(of)?),
            Condition::Is { of, truth, negated } => self.is(of, *truth, *negated)?,
            Condition::IsNull { of, negated } => format!("{} IS {}NULL", self.value(of)?, not(*negated)),
            Condition::Compare { left, operator, right } => self.compared(left, *operator, right)?,
            Condition::In { value, list, negated } => {
                let value_sql = self.value(value)?;
                let list: Vec<String> = list.iter().map(|of| self.literal(of)).collect::<Result<_, _>>()?;
                if self.kind(value) == ValueKind::Number && !self.syntax.finds_numbers() {
                    let each: Vec<String> = list.iter().map(|of| format!("{value_sql} = {of}")).collect();
                    format!("{}({})", not(*negated), each.join(" OR "))
                } else {
                    format!("{value_sql} {}IN ({})", not(*negated), list.join(", "))
                }
            }
            Condition::Between { value, low, high, negated } => format!(
                "{} {}BETWEEN {} AND {}",
                self.value(value)?,
                not(*negated),
                self.value(low)?,
                self.value(high)?
            ),
            Condition::Like { value, pattern, negated } => {
                let (value, pattern) = (self.value(value)?, self.pattern(pattern)?);
                format!("{value} {}LIKE {pattern}", not(*negated))
            }
            Condition::Value(value) => self.value(value)?,
        })
    }

    fn joined(&self, parts: &[Condition], word: &str) -> Result<String, Unsupported> {
        let parts = parts.iter().map(|part| {
            let text = self.condition(part)?;
            Ok(if matches!(part, Condition::And(_) | Condition::Or(_)) { format!("({text})") } else { text })
        });
        Ok(parts.collect::<Result<Vec<String>, Unsupported>>()?.join(word))
    }

    fn is(&self, of: &Condition, truth: bool, negated: bool) -> Result<String, Unsupported> {
        let (text, is_value) = (self.condition(of)?, matches!(of, Condition::Value(_)));
        if self.syntax.has_is_true() {
            let text = if is_value { text } else { format!("({text})") };
            let (not, truth) = (if negated { "NOT " } else { "" }, if truth { "TRUE" } else { "FALSE" });
            return Ok(format!("{text} IS {not}{truth}"));
        }
        // Unknown counts as what is not asked for.
        let known = format!("COALESCE({text}, {})", if truth { "FALSE" } else { "TRUE" });
        Ok(if truth == negated { format!("NOT {known}") } else { known })
    }

    fn compared(&self, left: &Value, operator: Comparison, right: &Value) -> Result<String, Unsupported> {
        let (left_sql, right_sql) = (self.value(left)?, self.value(right)?);
        if !self.syntax.has_greatest_nan() && self.kind(left) == ValueKind::Number {
            // Every comparison with NaN is false there, and so is the opposite of what it should be.
            let opposite = match (operator, matches!(left, Value::Literal(_))) {
                (Comparison::Greater, false) => Some("<="),
                (Comparison::GreaterOrEqual, false) => Some("<"),
                (Comparison::Less, true) => Some(">="),
                (Comparison::LessOrEqual, true) => Some(">"),
                _ => None,
            };
            if let Some(opposite) = opposite {
                return Ok(format!("NOT ({left_sql} {opposite} {right_sql})"));
            }
        }
        Ok(format!("{left_sql} {} {right_sql}", operator.symbol()))
    }

    fn value(&self, value: &Value) -> Result<String, Unsupported> {
        Ok(match value {
            Value::Column(column) => match &column.member {
                None => name(self.syntax.dialect(), &column.name),
                Some(_) => {
                    return Err(Unsupported::member(self.syntax.dialect(), column));
                }
            },
            Value::Lower(of) => self.syntax.cased(&self.value(of)?, true),
            Value::Upper(of) => self.syntax.cased(&self.value(of)?, false),
            Value::Coalesce(values) => {
                let values: Vec<String> =
                    values.iter().map(|value| self.value(value)).collect::<Result<_, _>>()?;
                format!("COALESCE({})", values.join(", "))
            }
            Value::Literal(literal) => self.literal(literal)?,
        })
    }

    fn literal(&self, literal: &Literal) -> Result<String, Unsupported> {
        match literal {
            Literal::Text(text) => self.syntax.literal(text),
            Literal::Number(number) => Ok(self.syntax.number_literal(&number.to_string())),
            Literal::Boolean(true) => Ok("TRUE".to_owned()),
            Literal::Boolean(false) => Ok("FALSE".to_owned()),
        }
    }

    /// The pattern as LIKE takes it.
    fn pattern(&self, pattern: &[Wildcard]) -> Result<String, Unsupported> {
        let (escape, is_named) = self.syntax.like_escape();
        let mut text = String::new();
        let mut escapes = false;
        for piece in pattern {
            match piece {
                Wildcard::Any => text.push('%'),
                Wildcard::One => text.push('_'),
                Wildcard::Text(itself) => {
                    for character in itself.chars() {
                        if matches!(character, '%' | '_') || character == escape {
                            text.push(escape);
                            escapes = true;
                        }
                        text.push(character);
                    }
                }
            }
        }
        let literal = self.syntax.literal(&text)?;
        Ok(if escapes && is_named { format!("{literal} ESCAPE '{escape}'") } else { literal })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    fn printed(dialect: Dialect) -> String {
        [
            "event_type in ('login', 'it''s', 'a\\b') and is_bot is not true",
            "not (a = 1 or b = 2) and (c or d is false)",
            r#""Event Type" like '100\%\_%_\\!' or kind_of = '${HOME}'"#,
            "lower(kind) >= upper(other) and kind = other",
            "n not between -5 and 0.50 and n > 1e3 and 2 < n and n <> 18446744073709551615",
            "n in (1, 0.5) and n not in (2, 3)",
            "(kind = 'x') is true or (kind = 'y') is not false or coalesce(is_bot, false)",
        ]
        .map(|text| {
            let predicate: Predicate = text.parse().unwrap();
            format!("{}\n", condition(dialect.expressions(), &predicate).unwrap())
        })
        .concat()
    }

    #[test]
    fn by_duckdb() {
        insta::assert_snapshot!(printed(Dialect::Duckdb));
    }

    #[test]
    fn by_clickhouse() {
        insta::assert_snapshot!(printed(Dialect::Clickhouse));
    }

    #[test]
    fn by_spark() {
        insta::assert_snapshot!(printed(Dialect::Spark));
    }

    #[test]
    fn by_bigquery() {
        insta::assert_snapshot!(printed(Dialect::Bigquery));
    }

    #[test]
    fn by_trino() {
        insta::assert_snapshot!(printed(Dialect::Trino));
    }

    #[test]
    fn members_are_refused() {
        let predicate: Predicate = "props ->> 'plan' = 'free'".parse().unwrap();
        let refused = condition(Dialect::Duckdb.expressions(), &predicate).unwrap_err();
        insta::assert_snapshot!(refused, @"DuckDB cannot express the member props ->> 'plan', which it writes otherwise than PostgreSQL; make a column of it in a view over the events, and name that");
    }
}
