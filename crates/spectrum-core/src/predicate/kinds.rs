//! What kind of values a predicate takes its columns to have.

use super::error::{PredicateProblem, Problem};
use super::tree::{EventColumn, Value, ValueKind};

/// What a predicate reads, with the kind that it takes the values to have.
pub(super) type ColumnKinds = Vec<(EventColumn, Option<ValueKind>)>;

/// The columns of a predicate while it is read.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    columns: ColumnKinds,
    /// Values that are compared with each other while nothing says what they are.
    alike: Vec<(usize, Value, Value)>,
}

impl Kinds {
    /// Notes that a column is read.
    pub(super) fn read(&mut self, column: &EventColumn, at: usize) -> Result<(), Problem> {
        // JSON is not a value that could be compared as a whole.
        let clash = |(other, _): &&(EventColumn, _)| {
            other.name == column.name && other.member.is_some() != column.member.is_some()
        };
        if let Some((other, kind)) = self.columns.iter().find(clash) {
            let plain = kind.filter(|_| other.member.is_none()).unwrap_or(ValueKind::Text);
            let kinds =
                if other.member.is_some() { (ValueKind::Json, plain) } else { (plain, ValueKind::Json) };
            return Err(two_kinds(column, kinds, at));
        }
        if !self.columns.iter().any(|(known, _)| known == column) {
            self.columns.push((column.clone(), column.member.as_ref().map(|_| ValueKind::Text)));
        }
        Ok(())
    }

    /// The kind of a value, as far as it is known.
    pub(super) fn of(&self, value: &Value) -> Option<ValueKind> {
        match value {
            Value::Column(column) => {
                self.columns.iter().find(|(known, _)| known == column).and_then(|(_, kind)| *kind)
            }
            Value::Lower(_) | Value::Upper(_) => Some(ValueKind::Text),
            Value::Coalesce(values) => values.iter().find_map(|value| self.of(value)),
            Value::Literal(literal) => Some(literal.kind()),
        }
    }

    /// Says what kind a value that stands at `at` has to be of.
    pub(super) fn expect(&mut self, value: &Value, expected: ValueKind, at: usize) -> Result<(), Problem> {
        match value {
            Value::Column(column) => self.set(column, expected, at),
            Value::Coalesce(values) => values.iter().try_for_each(|value| self.expect(value, expected, at)),
            _ => match self.of(value) {
                Some(found) if found != expected => {
                    Err(Problem { at, problem: PredicateProblem::Kinds { expected, found } })
                }
                _ => Ok(()),
            },
        }
    }

    /// Says that two values are compared, of which the second stands at `at`.
    pub(super) fn compare(&mut self, left: &Value, right: &Value, at: usize) -> Result<(), Problem> {
        match (self.of(left), self.of(right)) {
            (_, Some(kind)) => self.expect(left, kind, at),
            (Some(kind), None) => self.expect(right, kind, at),
            (None, None) => {
                self.alike.push((at, left.clone(), right.clone()));
                Ok(())
            }
        }
    }

    /// The columns with their kinds. What is compared with nothing but what is unknown as well is text.
    pub(super) fn finish(mut self) -> Result<ColumnKinds, Problem> {
        let mut alike = std::mem::take(&mut self.alike);
        while !alike.is_empty() {
            let known = |kinds: &Self, pair: &(usize, Value, Value)| {
                kinds.of(&pair.1).is_some() || kinds.of(&pair.2).is_some()
            };
            let next = alike.iter().position(|pair| known(&self, pair));
            let (at, left, right) = alike.remove(next.unwrap_or_default());
            match next {
                Some(_) => self.compare(&left, &right, at)?,
                None => {
                    self.expect(&left, ValueKind::Text, at)?;
                    self.expect(&right, ValueKind::Text, at)?;
                }
            }
        }
        Ok(self.columns)
    }

    fn set(&mut self, column: &EventColumn, second: ValueKind, at: usize) -> Result<(), Problem> {
        let Some((_, kind)) = self.columns.iter_mut().find(|(known, _)| known == column) else {
            return Ok(());
        };
        let first = *kind.get_or_insert(second);
        if first == second { Ok(()) } else { Err(two_kinds(column, (first, second), at)) }
    }
}

fn two_kinds(column: &EventColumn, (first, second): (ValueKind, ValueKind), at: usize) -> Problem {
    Problem { at, problem: PredicateProblem::TwoKinds { column: column.name.clone(), first, second } }
}
