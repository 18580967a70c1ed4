//! Reading a state: what is in it, its sessions as a table, and what became of an id.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::{IdScheme, Labeller, SessionDefinition, SessionId, SessionIndex, resolve};

use super::error::StateError;
use super::folder::Folder;
use super::homes::{copied_from, other_of};
use super::manifest::Manifest;
use super::past::Past;
use super::taken::TakenFiles;
use super::{aliases, attributes};
use crate::attach::AddedColumns;
use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};
use crate::labelled::Labelled;
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::run_options::RunOptions;
use crate::sessions_table::{self, Besides};
use crate::store::{LocalFiles, Store};
use crate::told::{Told, with_conditions};
use crate::watch::Watch;

/// How often a state is looked at that runs replace meanwhile.
const MOST_LOOKS: usize = 8;

/// A state as it is when it is opened. A run may go on meanwhile; what it replaces may then be missing here.
#[derive(Debug)]
pub struct State {
    pub(super) folder: Folder,
    pub(super) manifest: Manifest,
    pub(super) definition: SessionDefinition,
}

/// What is in a state.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StateDescription {
    /// How many runs made it.
    pub runs: u64,
    /// The files it has taken, in the order in which they came.
    pub files: Vec<TakenFile>,
    /// Events in sessions.
    pub events: u64,
    /// Sessions.
    pub sessions: u64,
    /// Sessions whose last event is no longer ago than the gap, seen from the latest event of all.
    pub open_sessions: u64,
    /// Ids that became those of other sessions.
    pub aliases: u64,
    /// The latest instant, in [`Self::unit`]s.
    pub latest: Option<i64>,
    /// What instants count.
    pub unit: TimeUnit,
    /// Whether times have a zone; they are UTC then.
    pub zoned: bool,
    /// Files that the sessions are in.
    pub leaves: u64,
    /// Outputs that are not up to date: ids of their events have become others.
    pub outdated: Vec<PathBuf>,
    /// The folder of the state that this one is a copy of, whose outputs are its own.
    pub copy_of: Option<PathBuf>,
    /// Bytes of all files that belong to the state, without the changes of its runs.
    pub bytes: u64,
}

/// A file that a state has taken.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TakenFile {
    /// Its full path.
    pub path: PathBuf,
    /// The MD5 of its bytes.
    pub md5: String,
    /// Its size.
    pub bytes: u64,
    /// The events that it gave.
    pub events: u64,
    /// The run that took it.
    pub run: u64,
    /// Where its events went.
    pub output: Option<PathBuf>,
}

/// What became of an id.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum IdFate {
    /// It is a session's.
    Current(NamedSession),
    /// Its session was found to be a part of this one.
    Alias {
        /// The session that it leads to.
        now: NamedSession,
        /// The run that found out.
        since_run: u64,
    },
    /// The state has no session of this id, and remembers none.
    Unknown,
}

/// A session of a state.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NamedSession {
    /// Its id.
    pub id: String,
    /// The texts of its key's columns.
    pub key: Vec<Option<String>>,
    /// The first instant.
    pub start: i64,
    /// The last.
    pub end: i64,
    /// Its events.
    pub events: u64,
    /// The run that saw it first, where ids stay.
    pub founded_in_run: Option<u64>,
}

impl State {
    /// Opens a state.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn open(folder: &Path) -> Result<Self> {
        let (folder, manifest) = Folder::look(folder)?;
        let definition = manifest.definition.read(folder.path())?;
        Ok(Self { folder, manifest, definition })
    }

    /// Looks at a state. A run that replaces it meanwhile takes parts of it away; then it is looked at again, a few times.
    ///
    /// # Errors
    /// As of [`State::open`], and those of `at`.
    pub fn look<T, E: From<EngineError>>(
        folder: &Path,
        mut at: impl FnMut(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        for _ in 1..MOST_LOOKS {
            let state = Self::open(folder)?;
            match at(&state) {
                // Whatever it was, it was not about the state that is there.
                Err(_) if state.is_replaced() => {}
                done => return done,
            }
        }
        at(&Self::open(folder)?)
    }

    /// Whether a run has put another state in its place.
    fn is_replaced(&self) -> bool {
        Folder::look(self.folder.path()).is_ok_and(|(_, now)| now != self.manifest)
    }

    /// What its sessions are, as far as sessions and ids depend on it.
    pub fn definition(&self) -> &SessionDefinition {
        &self.definition
    }

    /// What is in it.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn describe(&self) -> Result<StateDescription> {
        let manifest = &self.manifest;
        let files = TakenFiles::read(&self.folder, manifest.files.as_ref())?;
        let unit = manifest.times.unit();
        let reach = self.reach();
        let mut open_sessions = 0;
        if let Some(latest) = manifest.latest {
            let mut past = Past::of(&self.definition);
            // The last leaf that ends early enough may have some that end late enough.
            let from =
                manifest.sessions.partition_point(|leaf| leaf.first_end.saturating_add(reach) < latest);
            for leaf in &manifest.sessions[from.saturating_sub(1)..] {
                past.add(&self.folder, &leaf.part, &self.definition, unit)?;
            }
            let rule = self.definition.rule();
            let gap = i128::from(rule.gap().nanoseconds());
            let per_unit = i128::from(spectrum_core::nanoseconds_per(unit));
            let is_open = |end: &&i64| (i128::from(latest) - i128::from(**end)) * per_unit <= gap;
            open_sessions = past.end.iter().filter(is_open).count() as u64;
        }
        let is_own = |run| other_of(&manifest.homes, &self.folder, run).is_none();
        let outdated = files.outdated().filter(|(_, files)| files.iter().all(|file| is_own(file.run)));
        let outdated = outdated.map(|(output, _)| output.to_path_buf()).collect();
        let files = files.all.into_iter().map(|file| TakenFile {
            path: file.path,
            md5: file.md5,
            bytes: file.bytes,
            events: file.events,
            run: file.run,
            output: file.output,
        });
        Ok(StateDescription {
            runs: manifest.run,
            files: files.collect(),
            events: manifest.events,
            sessions: manifest.session_count(),
            open_sessions,
            aliases: manifest.aliases.as_ref().map_or(0, |part| part.rows),
            latest: manifest.latest,
            unit,
            zoned: manifest.times.is_zoned(),
            leaves: manifest.sessions.len() as u64,
            outdated,
            copy_of: copied_from(&manifest.homes, &self.folder).map(Path::to_path_buf),
            bytes: manifest.parts().map(|part| part.bytes).sum(),
        })
    }

    /// Writes all sessions as `run --sessions` over all files would, to the byte if ids do not depend on what was there before.
    /// Returns how many there are.
    ///
    /// # Errors
    /// When the state is damaged, or the table cannot be written.
    pub fn write_sessions(
        &self,
        target: &Target,
        to: Option<Format>,
        replace: bool,
        watch: &Watch,
    ) -> Result<u64> {
        let (format, compression) = match (target.format(None), to) {
            (Err(_), Some(to)) => (to, Compression::None),
            (by_name, _) => by_name?,
        };
        let store: Arc<dyn Store> = Arc::new(LocalFiles);
        let mut outputs = RunOutputs::new(store);
        outputs.check(std::iter::once(target), std::iter::empty(), replace)?;
        watch.begin("reading the state", 0);
        let (labelled, past) = self.all()?;
        let told = self.told(&labelled, &past)?;
        let options = RunOptions::new(target.clone());
        let added = AddedColumns::new(&self.definition, &options);
        let out = outputs.begin(target, replace)?;
        let written = sessions_table::write(
            &labelled,
            &self.definition,
            &added,
            Besides { told: told.as_ref(), is_open: false },
            out,
            (format, compression),
            watch,
        )?;
        outputs.finished(written)?;
        watch.advance(0)?;
        outputs.commit()?;
        Ok(labelled.resolution.sessions.len() as u64)
    }

    /// What the summary tells of all sessions besides.
    pub(super) fn told(&self, labelled: &Labelled, past: &Past) -> Result<Option<Told>> {
        if self.definition.summary().is_empty() {
            return Ok(None);
        }
        let sessions = &labelled.resolution.sessions;
        // Each session is a row of the past.
        let mut rows = vec![0; sessions.len()];
        for (row, session) in past.places.iter().enumerate() {
            rows[*session] = row;
        }
        let mut measured = Vec::with_capacity(past.told.len());
        for (column, values) in attributes::kept(&self.definition).zip(&past.told) {
            let array = values.column(&column.name, rows.iter().copied())?;
            measured.push((Field::new(&column.name, array.data_type().clone(), true), array));
        }
        with_conditions(&self.definition, measured, labelled).map(Some)
    }

    /// What became of an id.
    ///
    /// # Errors
    /// When the state is damaged.
    pub fn resolve(&self, id: &str) -> Result<IdFate> {
        let Some(id) = SessionId::from_hex(id) else { return Ok(IdFate::Unknown) };
        if let Some(session) = self.session_of(id)? {
            return Ok(IdFate::Current(session));
        }
        let aliases = aliases::read(&self.folder, self.manifest.aliases.as_ref())?;
        let Some(alias) = aliases.iter().find(|alias| alias.id == id) else { return Ok(IdFate::Unknown) };
        match self.session_of(alias.now)? {
            Some(now) => Ok(IdFate::Alias { now, since_run: alias.run }),
            None => Err(StateError::damaged(self.folder.path(), "an id leads to no session").into()),
        }
    }

    fn width(&self) -> usize {
        self.definition.key().len()
    }

    /// The longest pause inside a session, in the unit of the state, rounded up.
    fn reach(&self) -> i64 {
        let per_unit = spectrum_core::nanoseconds_per(self.manifest.times.unit());
        i64::try_from(self.definition.rule().reach().nanoseconds() / per_unit + 1).unwrap_or(i64::MAX)
    }

    /// All sessions, with the ids that they have.
    fn all(&self) -> Result<(Labelled, Past)> {
        self.all_by(self.definition.id())
    }

    pub(super) fn all_by(&self, scheme: IdScheme) -> Result<(Labelled, Past)> {
        let unit = self.manifest.times.unit();
        let mut past = Past::of(&self.definition);
        for leaf in &self.manifest.sessions {
            past.add(&self.folder, &leaf.part, &self.definition, unit)?;
        }
        let mut labeller = Labeller::new(self.width(), self.definition.rule(), unit);
        let labels = past.remember(&mut labeller, &self.folder)?;
        let mut resolution = resolve(vec![labeller], scheme, 1)?;
        if scheme.needs_memory() {
            for (row, label) in labels.iter().enumerate() {
                if let (Some(session), Some(id)) = (resolution.session(0, *label), past.id[row]) {
                    resolution.sessions.keep_id(session, id);
                }
            }
        }
        let place = |label| resolution.session(0, label).map(SessionIndex::index);
        past.places = labels
            .iter()
            .map(|label| place(*label))
            .collect::<Option<_>>()
            .ok_or(EngineError::Mistake("a session of the past is a part of none"))?;
        let key_types = self.manifest.key_types.iter().map(|text| {
            DataType::from_str(text)
                .map_err(|error| StateError::damaged(self.folder.file("state.json"), error))
        });
        let key_types = key_types.collect::<std::result::Result<Vec<_>, _>>()?;
        let fields = self.definition.key().iter().zip(key_types);
        let key_fields = fields.map(|(name, data_type)| Field::new(name, data_type, true)).collect();
        let times = &self.manifest.times;
        Ok((Labelled::of_sessions(resolution, times.data_type(), times.days, key_fields), past))
    }

    fn session_of(&self, id: SessionId) -> Result<Option<NamedSession>> {
        let unit = self.manifest.times.unit();
        for leaf in &self.manifest.sessions {
            let mut past = Past::of(&self.definition);
            past.add(&self.folder, &leaf.part, &self.definition, unit)?;
            let Some(row) = past.id.iter().position(|other| *other == Some(id)) else { continue };
            let mut labeller = Labeller::new(self.width(), self.definition.rule(), unit);
            let labels = past.remember(&mut labeller, &self.folder)?;
            let resolution = resolve(vec![labeller], IdScheme::Start, 1)?;
            let session: SessionIndex = resolution
                .session(0, labels[row])
                .ok_or(EngineError::Mistake("a session of the past is a part of none"))?;
            let sessions = &resolution.sessions;
            return Ok(Some(NamedSession {
                id: id.to_string(),
                key: (0..self.width()).map(|column| sessions.key_text(session, column)).collect(),
                start: sessions.start(session),
                end: sessions.end(session),
                events: sessions.events(session),
                founded_in_run: past.founded.get(row).map(|(run, _)| *run),
            }));
        }
        Ok(None)
    }
}
