//! Sentences for people in which remedies stand as data.

use std::fmt;

use crate::remedy::Remedy;

/// What was found or refused, and what to do about it. Displayed, it names commands and options; [`Message::told`] says
/// remedies in the caller's own words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Message(Vec<Part>);

/// A stretch of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Remedy(Remedy),
}

/// A message of texts, remedies and other messages.
macro_rules! message {
    ($($part:expr),+ $(,)?) => {{
        let mut message = $crate::message::Message::default();
        $(message.push($part);)+
        message
    }};
}
pub(crate) use message;

impl Message {
    /// The message with each remedy in other words.
    pub fn told(&self, words: impl Fn(&Remedy) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Remedy(remedy) => words(remedy),
        });
        parts.collect()
    }

    /// What the caller may do, in the order in which it is told.
    pub fn remedies(&self) -> impl Iterator<Item = &Remedy> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Remedy(remedy) => Some(remedy),
        })
    }

    /// Adds what comes next.
    pub(crate) fn push(&mut self, next: impl Into<Self>) {
        self.0.extend(next.into().0);
    }

    /// Several messages as one.
    pub(crate) fn joined(messages: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut all = Self::default();
        for message in messages {
            if !all.0.is_empty() {
                all.push(between);
            }
            all.push(message);
        }
        all
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(ToString::to_string))
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self(vec![Part::Text(text)])
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Remedy> for Message {
    fn from(remedy: Remedy) -> Self {
        Self(vec![Part::Remedy(remedy)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_are_told_in_the_words_of_whoever_tells_them() {
        let one = message!["it is read; ", Remedy::Cascade, " lets that go too"];
        assert_eq!(one.to_string(), "it is read; cascade lets that go too");
        assert_eq!(one.told(|_| "cascade=True".to_owned()), "it is read; cascade=True lets that go too");
        let both = Message::joined([one, message!["wait"]], "\n");
        assert_eq!(both.remedies().collect::<Vec<_>>(), [&Remedy::Cascade]);
        assert!(both.to_string().ends_with("\nwait"));
    }
}
