//! Files and folders that get their names together, or none of them.
//!
//! An [`Output`] is written under a hidden name beside its own. [`commit`] gives all of them their names; when one
//! cannot have its name, everything is as it was before.
//!
//! ```
//! use std::io::Write;
//! use spectrum_outputs::{Output, commit};
//!
//! let folder = tempfile::tempdir()?;
//! let (events, sessions) = (folder.path().join("events.csv"), folder.path().join("sessions.csv"));
//! let mut outputs = Vec::new();
//! for name in [&events, &sessions] {
//!     let (output, mut file) = Output::file(name, false)?;
//!     file.write_all(b"complete")?;
//!     outputs.push(output);
//! }
//! assert!(!events.exists());
//! commit(outputs)?;
//! assert!(events.exists() && sessions.exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod commit;
mod elsewhere;
mod error;
mod left_behind;
mod output;

pub use commit::{commit, commit_or_keep};
pub use elsewhere::Elsewhere;
pub use error::{CommitError, Misplaced, NotPutBack};
pub use left_behind::{left_behind, remove_left_behind};
pub use output::Output;
