//! The functions by which readers ask what the summary was.

use postgres::GenericClient;
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Function, as_of_check};

use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::record::Record;
use crate::remedy::{Command, Remedy};

/// What is there of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct AsOf {
    standing: Vec<Standing>,
    /// Functions that have one of the names and that Spectrum did not make.
    foreign: Vec<TableName>,
}

/// A function as the catalog has it.
#[derive(Clone, Debug)]
struct Standing {
    name: TableName,
    body: String,
    config: Vec<String>,
}

impl AsOf {
    /// Looks for them, the one that readers call first.
    pub(crate) fn find(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        let mut found = Self::default();
        for name in [deployment.sessions_as_of(), as_of_check(&deployment.changes())] {
            let row = client
                .query_opt(
                    "SELECT pg_catalog.obj_description(p.oid, 'pg_proc'), p.prosrc, COALESCE(p.proconfig, '{}')
                     FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                     WHERE n.nspname = $1::text AND p.proname = $2::text AND p.pronargs = 1
                       AND p.proargtypes[0] = 'pg_catalog.timestamptz'::pg_catalog.regtype",
                    &[&name.schema(), &name.name()],
                )
                .while_doing("looking for functions")?;
            let Some(row) = row else { continue };
            let record = row.get::<_, Option<&str>>(0).map(Record::read).transpose();
            match record.map_err(|unread| unread.on(called(&name)))?.flatten() {
                Some(_) => found.standing.push(Standing { name, body: row.get(1), config: row.get(2) }),
                None => found.foreign.push(name),
            }
        }
        Ok(found)
    }

    /// Whether this function stands there as it is to be.
    pub(crate) fn has(&self, wanted: &Function) -> bool {
        let is = |standing: &Standing| {
            standing.name == wanted.name && standing.body == wanted.body && standing.config == wanted.config()
        };
        self.standing.iter().any(is)
    }

    /// Refuses to take a name that another function has.
    ///
    /// # Errors
    /// [`PgError::Refused`] with the remedy.
    pub(crate) fn refuse_foreign(&self) -> Result<()> {
        match self.foreign.first() {
            None => Ok(()),
            Some(name) => Err(PgError::refused(message![
                format!(
                    "{} is a function that Spectrum did not make, so it stays as it is; rename it, or choose another name with \
                     sessions_as_of or changes under [postgres] in spectrum.toml. If it is Spectrum's and lost its comment, ",
                    called(name)
                ),
                Remedy::run(Command::Deploy).with(Remedy::Adopt),
                " looks whether it is what the definition gives, and takes it"
            ])),
        }
    }

    /// The names of those that stand.
    pub(crate) fn names(&self) -> impl Iterator<Item = &TableName> {
        self.standing.iter().map(|standing| &standing.name)
    }

    /// The statements that do away with them, each with what goes.
    pub(crate) fn removal(&self) -> Vec<(String, String)> {
        let functions = self.names().map(called);
        functions.map(|name| (format!("function {name}"), format!("DROP FUNCTION {name}"))).collect()
    }
}

/// A function with its argument.
pub(crate) fn called(name: &TableName) -> String {
    format!("{name}(timestamptz)")
}
