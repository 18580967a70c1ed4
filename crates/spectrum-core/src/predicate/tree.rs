//! What a predicate says, as a tree. Every dialect is printed from it, and files are evaluated by it.

use std::fmt;

use super::decimal::Decimal;

/// A condition on one event: true, false or unknown, as in SQL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// All hold; at least two.
    And(Vec<Self>),
    /// One holds; at least two.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// `IS [NOT] TRUE` or `FALSE`; never unknown.
    Is {
        /// What is asked.
        of: Box<Self>,
        /// The truth it is compared with.
        truth: bool,
        /// Whether it stands with `NOT`.
        negated: bool,
    },
    /// `IS [NOT] NULL` of a value; never unknown.
    IsNull {
        /// What is asked.
        of: Value,
        /// Whether it stands with `NOT`.
        negated: bool,
    },
    /// A comparison of two values of one kind.
    Compare {
        /// What stands on the left.
        left: Value,
        /// How they are compared.
        operator: Comparison,
        /// What stands on the right.
        right: Value,
    },
    /// `[NOT] IN (...)`; the list has at least one literal.
    In {
        /// What is looked for.
        value: Value,
        /// Where it is looked for.
        list: Vec<Literal>,
        /// Whether it stands with `NOT`.
        negated: bool,
    },
    /// `[NOT] BETWEEN low AND high`, both included.
    Between {
        /// What is compared.
        value: Value,
        /// The least.
        low: Value,
        /// The greatest.
        high: Value,
        /// Whether it stands with `NOT`.
        negated: bool,
    },
    /// `[NOT] LIKE`, the pattern taken apart.
    Like {
        /// What is compared.
        value: Value,
        /// What it has to look like, piece by piece.
        pattern: Vec<Wildcard>,
        /// Whether it stands with `NOT`.
        negated: bool,
    },
    /// A value that is a boolean itself: a column, or `TRUE` and `FALSE`.
    Value(Value),
}

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// As SQL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks which of two values is greater, and not only whether they are equal.
    pub fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// What a value of an event is, or a literal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// What a column has, or a member within it.
    Column(EventColumn),
    /// `lower(...)`, of the letters A to Z.
    Lower(Box<Self>),
    /// `upper(...)`, of the letters a to z.
    Upper(Box<Self>),
    /// The first that is not NULL; at least two.
    Coalesce(Vec<Self>),
    /// A literal.
    Literal(Literal),
}

/// A column of the events, or the text of a member of the JSON in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventColumn {
    /// The column's name.
    pub name: String,
    /// The member's name, as in `column ->> 'name'`.
    pub member: Option<String>,
}

impl EventColumn {
    /// A column as a whole.
    pub fn whole(name: impl Into<String>) -> Self {
        Self { name: name.into(), member: None }
    }
}

/// As a predicate has it.
impl fmt::Display for EventColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.member.as_ref().map_or(Ok(()), |member| write!(f, " ->> '{}'", member.replace('\'', "''")))
    }
}

/// A value that stands in the predicate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A whole number or a decimal, exactly.
    Number(Decimal),
    /// `TRUE` or `FALSE`.
    Boolean(bool),
}

/// A piece of a pattern of LIKE.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wildcard {
    /// `%`: any characters, or none.
    Any,
    /// `_`: one character.
    One,
    /// These characters.
    Text(String),
}

/// What kind of value something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// Text, compared by its bytes in UTF-8.
    Text,
    /// A number, compared exactly; of floating point as floating point.
    Number,
    /// True or false.
    Boolean,
    /// JSON, of which members are taken.
    Json,
}

impl ValueKind {
    /// In words, with an article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Json => "JSON",
        }
    }
}

impl Literal {
    /// Its kind.
    pub fn kind(&self) -> ValueKind {
        match self {
            Self::Text(_) => ValueKind::Text,
            Self::Number(_) => ValueKind::Number,
            Self::Boolean(_) => ValueKind::Boolean,
        }
    }
}
