//! Lines of JSON to and from the script, over a socket in a folder of one's own.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use spectrum_outputs::{Misplaced, NotPutBack};

use super::cause;
use super::socket::Stream;
use crate::error::SubmitError;

/// How long a read waits before somebody looks around.
const GLANCE: Duration = Duration::from_millis(200);

/// What the script says: one of these per line.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum Said {
    /// The answer.
    Ok(Value),
    /// Why there is none.
    Error(Box<ScriptError>),
    /// How far the step is.
    Progress((String, u64, u64)),
}

/// An error of the script.
#[derive(Deserialize, Debug, Default)]
pub(super) struct ScriptError {
    /// Which of the errors it is.
    pub(super) kind: String,
    /// What it concerns.
    pub(super) name: Option<String>,
    /// Spark's own words.
    pub(super) cause: Option<String>,
    pub(super) read: Option<u64>,
    pub(super) all: Option<u64>,
    /// What could not be put back.
    #[serde(default)]
    misplaced: Vec<ScriptMisplaced>,
}

/// What the script says of an output's name at which something else stood before.
#[derive(Deserialize, Debug)]
struct ScriptMisplaced {
    name: PathBuf,
    /// Where that is now, if there was something.
    set_aside: Option<PathBuf>,
    reason: String,
}

/// The script's error as the one that outputs of other engines have too.
pub(super) fn not_put_back(error: ScriptError) -> NotPutBack {
    let reason = |said: &str| io::Error::other(cause::innermost(said));
    let misplaced = error.misplaced.into_iter().map(|ScriptMisplaced { name, set_aside, reason: said }| {
        Misplaced { name, set_aside, is_lost: false, reason: reason(&said) }
    });
    NotPutBack {
        name: error.name.unwrap_or_default().into(),
        reason: reason(&error.cause.unwrap_or_default()),
        misplaced: misplaced.collect(),
    }
}

/// Why a request has no answer.
pub(super) enum Problem {
    /// The script says so.
    Error(Box<ScriptError>),
    /// The script has ended, or the answer is not needed any more.
    Submit(SubmitError),
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        Self::Submit(error)
    }
}

/// The socket's end.
pub(super) struct Talk {
    stream: Stream,
    /// What arrived and is not a whole line yet.
    rest: Vec<u8>,
}

/// What a look at the socket finds.
pub(super) enum Heard {
    Line(String),
    NothingYet,
    Ended,
}

impl Talk {
    pub(super) fn new(stream: Stream) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(GLANCE))?;
        Ok(Self { stream, rest: Vec::new() })
    }

    pub(super) fn say(&mut self, request: &Value) -> io::Result<()> {
        self.stream.write_all(format!("{request}\n").as_bytes())
    }

    pub(super) fn hear(&mut self) -> Heard {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Heard::Line(String::from_utf8_lossy(&line).into_owned());
            }
            let mut bytes = [0; 8192];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Heard::Ended,
                Ok(count) => self.rest.extend_from_slice(&bytes[..count]),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return Heard::NothingYet,
                    io::ErrorKind::Interrupted => {}
                    _ => return Heard::Ended,
                },
            }
        }
    }

    /// Tells the script that nobody is listening any more.
    pub(super) fn close(&self) {
        // Closed already is as good.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_script_could_not_put_back_is_named_with_the_place_where_it_is() {
        let said = r#"{"error": {"kind": "not_put_back", "name": "hdfs://nn/b", "cause": "java.io.IOException: No",
            "misplaced": [{"name": "hdfs://nn/a", "set_aside": "hdfs://nn/.a.spectrum-x-replaced", "reason": "Never"},
                          {"name": "hdfs://nn/new", "set_aside": null, "reason": "No more"}]}}"#;
        let Ok(Said::Error(error)) = serde_json::from_str(said) else { panic!("{said}") };
        assert_eq!(
            not_put_back(*error).to_string(),
            "writing hdfs://nn/b failed (IOException: No), and not everything could be put back as it was: \
             what was hdfs://nn/a is now hdfs://nn/.a.spectrum-x-replaced, move it back (Never); \
             hdfs://nn/new is new, remove it (No more)"
        );
    }
}
