//! PostgreSQL as a judge: a private server, and the reference SQL run on it.
//!
//! Nothing here talks to a server that exists already, and nothing needs a client library: psql
//! comes with the server.

mod binaries;
mod by_rule;
pub(crate) mod column_text;
mod copy_text;
mod engine;
mod options;
mod pooler;
mod private;
mod reference;
mod told;

pub use binaries::{Binaries, find_binaries};
pub use engine::PostgresEngine;
pub use options::ServerOptions;
pub use pooler::{PrivatePooler, find_pgbouncer};
pub use private::PrivatePostgres;
pub use reference::{ORIGINAL_SQL, reference_sql};
pub use told::ToldOf;
