//! Why a predicate was refused, and where in its text.

use std::fmt;

use super::tree::ValueKind;

/// Why a predicate was refused. Its text shows the predicate with a caret under the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredicateError {
    text: String,
    /// The byte at which the reason begins.
    at: usize,
    problem: PredicateProblem,
}

/// The same before the text is known.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) problem: PredicateProblem,
}

/// What is wrong with a predicate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PredicateProblem {
    /// There is nothing.
    #[error("there is no condition; write one, as in event_type = 'login'")]
    Empty,
    /// It is longer than is read.
    #[error("it has {0} bytes, and a condition has at most {most}; compute it in a column of the events", most = super::LONGEST)]
    TooLong(usize),
    /// Parentheses and NOT stand in each other more deeply than is read.
    #[error("it is nested more than {most} deep; compute a part of it in a column of the events", most = super::DEEPEST)]
    TooDeep,
    /// A character that begins nothing.
    #[error("character {0:?} means nothing here")]
    Character(char),
    /// What other languages write.
    #[error("'{found}' is not read here; write {instead}")]
    Instead {
        /// What stands there.
        found: &'static str,
        /// What conditions have for it.
        instead: &'static str,
    },
    /// A comment of SQL.
    #[error("comments are not read in conditions")]
    Comment,
    /// A quote is not closed.
    #[error("this quote {0} is not closed; write it twice where it belongs to the text")]
    OpenQuote(char),
    /// A column without a name.
    #[error("this column has an empty name")]
    EmptyName,
    /// Digits and more that make no number.
    #[error("'{0}' is not a number of at most 38 digits")]
    NotANumber(String),
    /// Something else was to stand here.
    #[error("{expected} should stand here{}", .found.as_ref().map(|found| format!(", not {found}")).unwrap_or_default())]
    Expected {
        /// What should.
        expected: &'static str,
        /// What does; nothing where the text ends.
        found: Option<String>,
    },
    /// A part of SQL that conditions do not have.
    #[error(
        "'{0}' is not part of a condition; there are = <> < <= > >=, AND, OR, NOT, IN (...), BETWEEN, LIKE, IS NULL, IS TRUE, \
         IS FALSE, lower, upper, coalesce and column ->> 'name'"
    )]
    NotSupported(String),
    /// A comparison with NULL.
    #[error("a comparison with NULL is never true; write IS NULL or IS NOT NULL")]
    ComparesWithNull,
    /// Two kinds of value are compared, or something has a kind that it cannot have there.
    #[error("{} is compared with {}; compare values of one kind", .found.words(), .expected.words())]
    Kinds {
        /// What it would have to be.
        expected: ValueKind,
        /// What it is.
        found: ValueKind,
    },
    /// Something is used as a condition that is not true or false.
    #[error("{} stands where a condition should; compare it with something", .0.words())]
    NotACondition(ValueKind),
    /// A column is used as values of two kinds.
    #[error("column '{column}' is used as {} and as {}; a column has one kind", .first.words(), .second.words())]
    TwoKinds {
        /// The column.
        column: String,
        /// What it is first.
        first: ValueKind,
        /// What it is here.
        second: ValueKind,
    },
    /// A pattern that ends within an escape.
    #[error("the pattern ends with a backslash; write it twice where it stands for itself")]
    OpenEscape,
}

impl PredicateError {
    pub(super) fn new(text: &str, Problem { at, problem }: Problem) -> Self {
        Self { text: text.to_owned(), at, problem }
    }

    /// What is wrong.
    pub fn problem(&self) -> &PredicateProblem {
        &self.problem
    }

    /// The byte of the predicate's text at which it goes wrong; its length where something is missing at the end.
    pub fn position(&self) -> usize {
        self.at
    }
}

impl std::error::Error for PredicateError {}

impl fmt::Display for PredicateError {
    /// The reason, then the line of the predicate and a caret under the place. Only what is near the place is shown of a long
    /// one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const AROUND: usize = 60;
        let before: Vec<char> = self.text[..self.at].chars().collect();
        let column = before.len() + 1;
        let from = before.len().saturating_sub(AROUND);
        let printed = |c: char| if c.is_control() { ' ' } else { c };
        let shown: String = before[from..].iter().copied().map(printed).collect();
        let rest: String = self.text[self.at..].chars().take(AROUND).map(printed).collect();
        let left_out = if from > 0 { "..." } else { "" };
        let more = if self.text[self.at..].chars().nth(AROUND).is_some() { "..." } else { "" };
        let blanks = " ".repeat(left_out.len() + before.len() - from);
        write!(f, "at character {column}: {}\n  {left_out}{shown}{rest}{more}\n  {blanks}^", self.problem)
    }
}
