//! Settings as they were given, by name.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::names::NAMES;
use super::text;

/// Settings by name, the string's before the variables'. Empty ones count as not given, as in libpq.
pub(super) struct Given {
    pub(super) values: HashMap<&'static str, (String, Origin)>,
}

impl Given {
    pub(super) fn collect(
        text: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut values = HashMap::new();
        let mut after_password = false;
        for setting in text::settings(text.unwrap_or_default())? {
            let Some(name) = NAMES.iter().find(|name| name.name == setting.name) else {
                return Err(match after_password {
                    // It may be the rest of a password that should have been quoted.
                    true => "what follows the password in the database settings is not a setting; put a password with \
                             spaces into single quotes, or write %26 for an & in a URL"
                        .into(),
                    false => format!("there is no database setting '{}'; names are libpq's, as in host, port, dbname, \
                                      user, sslmode", setting.name),
                });
            };
            after_password = name.name == "password";
            name.check(&setting.value, name.name)?;
            if !setting.value.is_empty() {
                values.insert(name.name, (setting.value, Origin::Text));
            }
        }
        for name in NAMES {
            let Some(value) = name.variable.and_then(&variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            // A service only fills what the string leaves open, and a string says enough.
            if values.contains_key(name.name) || (text.is_some() && name.name == "service") {
                continue;
            }
            name.check(&value, name.variable.unwrap_or_default())?;
            values.insert(name.name, (value, Origin::Variable(name.variable.unwrap_or_default())));
        }
        Ok(Self { values })
    }

    /// A setting's value, if it was given.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// How a setting was given, for messages.
    fn named(&self, name: &'static str) -> &'static str {
        match self.values.get(name) {
            Some((_, Origin::Variable(variable))) => variable,
            _ => name,
        }
    }

    /// A setting that has few possible values.
    pub(super) fn one_of(
        &self,
        name: &'static str,
        possible: &[&'static str],
    ) -> Result<Option<&'static str>, String> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let found = possible.iter().find(|possible| **possible == value);
        found.map(|found| Some(*found)).ok_or_else(|| {
            format!("{} is '{value}'; it must be one of {}", self.named(name), possible.join(", "))
        })
    }

    pub(super) fn number<N: FromStr>(&self, name: &'static str) -> Result<Option<N>, String> {
        let Some(value) = self.text(name) else { return Ok(None) };
        value
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| format!("{} is '{value}', which is not a number it can be", self.named(name)))
    }

    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<Duration>, String> {
        Ok(self.number(name)?.filter(|seconds| *seconds > 0).map(Duration::from_secs))
    }
}

/// Where a setting came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// The URL or the pairs.
    Text,
    Variable(&'static str),
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("the database URL"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
