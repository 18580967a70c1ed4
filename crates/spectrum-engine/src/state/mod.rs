//! State between runs: sessions go on where the next file begins.
//!
//! A state is a folder. Its sessions lie in leaves, Parquet files that each hold the sessions that end in one range of
//! time; a run reads and writes only those that its events can touch. Beside them lie the list of the files that were
//! taken, what became of ids, and for numbered ids how many sessions each key has had. `state.json` names all parts; it is
//! replaced last, in one step, and what it does not name counts for nothing.
//!
//! | what | where |
//! |---|---|
//! | the folder, its lock, and `state.json` | `folder.rs`, `manifest.rs` |
//! | outputs that get their names after the state has its new form, and after a crash all the same | `pending.rs` |
//! | a copy of a state, which leaves the outputs of the first one alone | `homes.rs` |
//! | files that need not be read again to know that they were taken | `seen.rs` |
//! | places at which tests end a run | `fault.rs` |
//! | one part: a Parquet file that is known by its length and its MD5 | `part.rs` |
//! | what the summary tells of sessions besides | `attributes.rs` |
//! | how many sessions each key has had | `keys.rs` |
//! | leaves: which are touched, how they are cut | `leaves.rs`, rows of past sessions: `past.rs` |
//! | what became of past sessions, and whose ids they have | `merge.rs`, told in `changes.rs`, ids that went in `aliases.rs` |
//! | which files were taken | `taken.rs` |
//! | outputs of earlier runs with the ids of today | `rewrite.rs` |
//! | a run: its options, what it refuses, which files are new, what it tells | `run.rs`, `options.rs`, `refused.rs`, `new_files.rs`, `rejects.rs`, `report.rs` |
//! | the step that it makes: what it reads, whether that fits, what it writes | `step.rs`, `fit.rs`, `next.rs` |
//! | reading a state, whether it is right, and why sessions are as they are | `read.rs`, `verify.rs`, `explain.rs` |
//! | ids that were published before there was a state | `kept_ids.rs` |

mod aliases;
mod attributes;
mod changes;
mod error;
mod explain;
mod fault;
mod fit;
mod folder;
mod homes;
mod kept_ids;
mod keys;
mod leaves;
mod manifest;
mod merge;
mod new_files;
mod next;
mod options;
mod part;
mod past;
mod pending;
mod read;
mod refused;
mod rejects;
mod report;
mod rewrite;
mod run;
mod seen;
mod step;
mod taken;
#[cfg(test)]
mod tests;
mod verify;

pub use self::error::StateError;
pub use self::explain::{EventInState, PlacedSession, SessionInPlace};
pub use self::merge::SessionChanges;
pub use self::options::StateOptions;
pub use self::read::{IdFate, NamedSession, State, StateDescription, TakenFile};
pub use self::report::{LeftOutFile, StateReport};
pub use self::rewrite::NotRewritten;
pub use self::run::run_with_state;
pub use self::verify::StateVerified;
