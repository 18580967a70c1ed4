//! Lines of JSON to and from the script, over a socket in a folder of one's own.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::error::SubmitError;

/// How long a read waits before somebody looks around.
const GLANCE: Duration = Duration::from_millis(200);

/// What the script says: one of these a line.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum Said {
    /// The answer.
    Ok(Value),
    /// Why there is none.
    Error(ScriptError),
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
}

/// Why a request has no answer.
pub(super) enum Problem {
    /// The script says so.
    Error(ScriptError),
    /// There is no script any more, or nobody wants to know.
    Submit(SubmitError),
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        Self::Submit(error)
    }
}

/// The socket's end.
pub(super) struct Talk {
    stream: UnixStream,
    /// What came and is no whole line yet.
    rest: Vec<u8>,
}

/// What a look at the socket finds.
pub(super) enum Heard {
    Line(String),
    NothingYet,
    Ended,
}

impl Talk {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
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

    /// Tells the script that nobody listens any more.
    pub(super) fn close(&self) {
        // Closed already is as good.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
