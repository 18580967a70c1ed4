//! What a caller may choose.

use std::fmt;
use std::str::FromStr;

use crate::GenerateError;

/// Which events to generate, and how to arrange and name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generate {
    /// How many events; there are a hundredth as many users, and a tenth as many accounts as users.
    pub events: u64,
    /// Another seed gives other people doing other things at other times.
    pub seed: u64,
    /// The order of the rows.
    pub order: Order,
    /// The type of the three id columns.
    pub ids: Ids,
}

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By time, as a log is written, but one event in two hundred arrives minutes to hours late.
    Time,
    /// In no order at all.
    Shuffled,
}

/// The type of the id columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// UUIDs (version 4) as lower-case text with hyphens.
    Uuid,
    /// 64-bit integers counted from 1; events are counted by time.
    Int,
}

impl FromStr for Order {
    type Err = GenerateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "time" => Ok(Self::Time),
            "shuffled" => Ok(Self::Shuffled),
            _ => Err(GenerateError::UnknownOrder { given: text.to_owned() }),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Time => "time",
            Self::Shuffled => "shuffled",
        })
    }
}

impl FromStr for Ids {
    type Err = GenerateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "uuid" => Ok(Self::Uuid),
            "int" => Ok(Self::Int),
            _ => Err(GenerateError::UnknownIds { given: text.to_owned() }),
        }
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Uuid => "uuid",
            Self::Int => "int",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_what_they_name() {
        for order in [Order::Time, Order::Shuffled] {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        for ids in [Ids::Uuid, Ids::Int] {
            assert_eq!(ids.to_string().parse(), Ok(ids));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let order = "Time".parse::<Order>().unwrap_err();
        assert_eq!(order.to_string(), "order 'Time' is not known; it is one of: time, shuffled");
        let ids = "".parse::<Ids>().unwrap_err();
        assert_eq!(ids.to_string(), "id type '' is not known; it is one of: uuid, int");
    }
}
