//! Predicates on Arrow columns, a batch at a time.

use std::borrow::Cow;
use std::cmp::Ordering;

use arrow_array::ArrayRef;

use super::Predicate;
use super::by_entry;
use super::column_values::{Number, booleans, numbers, present, texts};
use super::like::matches;
use super::not_of_kind::{NotOfKind, UsedBy};
use super::tree::{Comparison, Condition, EventColumn, Literal, Value, ValueKind};

/// SQL's three truths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    fn of_known(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::of)
    }

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    fn negated_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }

    /// Both; the less true of the two.
    fn and(self, other: Self) -> Self {
        if (self as u8) < other as u8 { self } else { other }
    }

    /// Either; the truer of the two.
    fn or(self, other: Self) -> Self {
        if (self as u8) > other as u8 { self } else { other }
    }
}

/// Some rows of the events: the columns that rules read, by their names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) names: &'a [EventColumn],
    pub(crate) columns: &'a [ArrayRef],
    pub(crate) count: usize,
}

impl Predicate {
    /// The truth of it in every row.
    pub(crate) fn truths(&self, rows: Rows<'_>) -> Result<Vec<Truth>, NotOfKind> {
        rows.truths(self, &self.condition)
    }

    fn kind_of(&self, value: &Value) -> ValueKind {
        match value {
            Value::Column(column) => {
                let known = self.columns.iter().find(|(known, _)| known == column);
                known.and_then(|(_, kind)| *kind).unwrap_or(ValueKind::Text)
            }
            Value::Lower(_) | Value::Upper(_) => ValueKind::Text,
            // All of them are of one kind.
            Value::Coalesce(values) => values.first().map_or(ValueKind::Text, |first| self.kind_of(first)),
            Value::Literal(literal) => literal.kind(),
        }
    }
}

impl<'a> Rows<'a> {
    pub(super) fn column(self, name: &EventColumn) -> Result<&'a ArrayRef, NotOfKind> {
        let at = self.names.iter().position(|known| known == name);
        // Whoever gives rows gives all columns that a rule reads.
        at.and_then(|at| self.columns.get(at)).ok_or_else(|| NotOfKind {
            column: name.clone(),
            kind: ValueKind::Text,
            row: None,
            value: None,
            data_type: "nothing".into(),
            used_by: UsedBy::default(),
        })
    }

    pub(super) fn truths(
        self,
        predicate: &Predicate,
        condition: &Condition,
    ) -> Result<Vec<Truth>, NotOfKind> {
        if let Some(truths) = by_entry::truths(self, predicate, condition) {
            return Ok(truths);
        }
        Ok(match condition {
            Condition::And(parts) => self.fold(predicate, parts, Truth::and)?,
            Condition::Or(parts) => self.fold(predicate, parts, Truth::or)?,
            Condition::Not(of) => self.truths(predicate, of)?.into_iter().map(Truth::not).collect(),
            Condition::Is { of, truth, negated } => {
                let asked = Truth::of(*truth);
                let is = |found: Truth| Truth::of((found == asked) != *negated);
                self.truths(predicate, of)?.into_iter().map(is).collect()
            }
            leaf => self.leaf(predicate, leaf)?,
        })
    }

    fn fold(
        self,
        predicate: &Predicate,
        parts: &[Condition],
        join: impl Fn(Truth, Truth) -> Truth,
    ) -> Result<Vec<Truth>, NotOfKind> {
        let mut parts = parts.iter();
        let mut joined = match parts.next() {
            Some(first) => self.truths(predicate, first)?,
            None => Vec::new(),
        };
        for part in parts {
            for (truth, other) in joined.iter_mut().zip(self.truths(predicate, part)?) {
                *truth = join(*truth, other);
            }
        }
        Ok(joined)
    }

    fn leaf(self, predicate: &Predicate, leaf: &Condition) -> Result<Vec<Truth>, NotOfKind> {
        Ok(match leaf {
            Condition::Compare { left, operator, right } => match (predicate.kind_of(left), left, right) {
                (ValueKind::Text, Value::Column(_), Value::Literal(Literal::Text(right))) => {
                    let holds = |left: Option<Cow<'_, str>>| {
                        Truth::of_known(
                            left.map(|left| holds(*operator, left.as_bytes().cmp(right.as_bytes()))),
                        )
                    };
                    self.texts(left)?.into_iter().map(holds).collect()
                }
                (ValueKind::Number, ..) => {
                    let pairs = self.numbers(left)?.into_iter().zip(self.numbers(right)?);
                    pairs.map(|(a, b)| compared(*operator, a, b, |a, b| a.compare(*b))).collect()
                }
                (ValueKind::Boolean, ..) => {
                    let pairs = self.booleans(left)?.into_iter().zip(self.booleans(right)?);
                    pairs.map(|(a, b)| compared(*operator, a, b, Ord::cmp)).collect()
                }
                _ => {
                    let pairs = self.texts(left)?.into_iter().zip(self.texts(right)?);
                    pairs
                        .map(|(a, b)| compared(*operator, a, b, |a, b| a.as_bytes().cmp(b.as_bytes())))
                        .collect()
                }
            },
            Condition::In { value, list, negated } => self.among(predicate, value, list, *negated)?,
            Condition::Between { value, low, high, negated } => {
                let at_least = Condition::Compare {
                    left: value.clone(),
                    operator: Comparison::GreaterOrEqual,
                    right: low.clone(),
                };
                let at_most = Condition::Compare {
                    left: value.clone(),
                    operator: Comparison::LessOrEqual,
                    right: high.clone(),
                };
                let both = self.fold(predicate, &[at_least, at_most], Truth::and)?;
                both.into_iter().map(|truth| truth.negated_if(*negated)).collect()
            }
            Condition::Like { value, pattern, negated } => {
                let like = |text: Option<Cow<'_, str>>| {
                    Truth::of_known(text.map(|text| matches(pattern, &text) != *negated))
                };
                self.texts(value)?.into_iter().map(like).collect()
            }
            Condition::IsNull { of, negated } => {
                self.present(of)?.into_iter().map(|present| Truth::of(present == *negated)).collect()
            }
            Condition::Value(value) => self.booleans(value)?.into_iter().map(Truth::of_known).collect(),
            other => self.truths(predicate, other)?,
        })
    }

    fn among(
        self,
        predicate: &Predicate,
        value: &Value,
        list: &[Literal],
        negated: bool,
    ) -> Result<Vec<Truth>, NotOfKind> {
        let found = |found: Option<bool>| Truth::of_known(found.map(|found| found != negated));
        Ok(match predicate.kind_of(value) {
            ValueKind::Number => {
                let list: Vec<Number> = list
                    .iter()
                    .filter_map(|literal| match literal {
                        Literal::Number(number) => Some(Number::Exact(*number)),
                        _ => None,
                    })
                    .collect();
                let is_in = |value: Number| list.iter().any(|one| one.compare(value).is_eq());
                self.numbers(value)?.into_iter().map(|value| found(value.map(is_in))).collect()
            }
            ValueKind::Boolean => {
                let is_in = |value: bool| list.contains(&Literal::Boolean(value));
                self.booleans(value)?.into_iter().map(|value| found(value.map(is_in))).collect()
            }
            ValueKind::Text | ValueKind::Json => {
                let is_in = |value: Cow<'_, str>| {
                    list.iter().any(|one| matches!(one, Literal::Text(text) if *text == *value))
                };
                self.texts(value)?.into_iter().map(|value| found(value.map(is_in))).collect()
            }
        })
    }

    fn texts(self, value: &'a Value) -> Result<Vec<Option<Cow<'a, str>>>, NotOfKind> {
        Ok(match value {
            Value::Column(name) => texts(name, self.column(name)?)?,
            Value::Lower(of) => self.mapped(of, |text| text.to_ascii_lowercase())?,
            Value::Upper(of) => self.mapped(of, |text| text.to_ascii_uppercase())?,
            Value::Coalesce(values) => self.first_of(values, Self::texts)?,
            Value::Literal(Literal::Text(text)) => vec![Some(Cow::Borrowed(text.as_str())); self.count],
            Value::Literal(_) => vec![None; self.count],
        })
    }

    fn mapped(
        self,
        of: &'a Value,
        change: impl Fn(Cow<'a, str>) -> String,
    ) -> Result<Vec<Option<Cow<'a, str>>>, NotOfKind> {
        Ok(self.texts(of)?.into_iter().map(|text| text.map(|text| Cow::Owned(change(text)))).collect())
    }

    fn numbers(self, value: &'a Value) -> Result<Vec<Option<Number>>, NotOfKind> {
        Ok(match value {
            Value::Column(name) => numbers(name, self.column(name)?)?,
            Value::Coalesce(values) => self.first_of(values, Self::numbers)?,
            Value::Literal(Literal::Number(number)) => vec![Some(Number::Exact(*number)); self.count],
            _ => vec![None; self.count],
        })
    }

    fn booleans(self, value: &'a Value) -> Result<Vec<Option<bool>>, NotOfKind> {
        Ok(match value {
            Value::Column(name) => booleans(name, self.column(name)?)?,
            Value::Coalesce(values) => self.first_of(values, Self::booleans)?,
            Value::Literal(Literal::Boolean(value)) => vec![Some(*value); self.count],
            _ => vec![None; self.count],
        })
    }

    /// Which rows have a value.
    fn present(self, value: &Value) -> Result<Vec<bool>, NotOfKind> {
        Ok(match value {
            Value::Column(name) => present(self.column(name)?),
            Value::Lower(of) | Value::Upper(of) => self.present(of)?,
            Value::Coalesce(values) => {
                let mut any = vec![false; self.count];
                for value in values {
                    for (any, present) in any.iter_mut().zip(self.present(value)?) {
                        *any |= present;
                    }
                }
                any
            }
            Value::Literal(_) => vec![true; self.count],
        })
    }

    /// For every row the first of several values that it has.
    fn first_of<T>(
        self,
        values: &'a [Value],
        read: impl Fn(Self, &'a Value) -> Result<Vec<Option<T>>, NotOfKind>,
    ) -> Result<Vec<Option<T>>, NotOfKind> {
        let mut first: Vec<Option<T>> = std::iter::repeat_with(|| None).take(self.count).collect();
        for value in values {
            for (first, other) in first.iter_mut().zip(read(self, value)?) {
                if first.is_none() {
                    *first = other;
                }
            }
        }
        Ok(first)
    }
}

fn compared<T>(
    operator: Comparison,
    a: Option<T>,
    b: Option<T>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Truth {
    Truth::of_known(a.zip(b).map(|(a, b)| holds(operator, compare(&a, &b))))
}

fn holds(operator: Comparison, order: Ordering) -> bool {
    match operator {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}
