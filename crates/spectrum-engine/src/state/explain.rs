//! Sessions of a state explained, as far as the state knows: it has sessions and no events.

use arrow_schema::TimeUnit;
use spectrum_core::{Labeller, Reason, Resolution, SessionDefinition, SessionIndex, nanoseconds_per};

use super::error::StateError;
use super::fit::is_of;
use super::manifest::RecordedDefinition;
use super::merge::Merged;
use super::past::Past;
use super::read::{IdFate, State};
use super::seen::Seen;
use super::taken::{Known, TakenFiles};
use crate::error::{EngineError, EventIdError, Result};
use crate::explain::{ExplainOptions, explain};
use crate::input::Input;
use crate::labelled::{GoingOn, finer, scan};
use crate::null_keys::NullKey;
use crate::watch::Watch;

/// A session in its place among those of its key.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SessionInPlace {
    /// The session.
    pub session: PlacedSession,
    /// The one before it.
    pub previous: Option<PlacedSession>,
    /// The one after it.
    pub next: Option<PlacedSession>,
    /// The texts of the key's columns.
    pub key: Vec<Option<String>>,
    /// How many sessions the key has.
    pub of: u64,
    /// The unit of all instants.
    pub unit: TimeUnit,
    /// Whether times have a zone; they are UTC then.
    pub zoned: bool,
    /// The last run of the state.
    pub run: u64,
}

/// One session of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PlacedSession {
    /// Its id.
    pub id: Option<String>,
    /// Its number among those of its key, from 1.
    pub number: u64,
    /// The first instant.
    pub start: i64,
    /// The last.
    pub end: i64,
    /// Its events.
    pub events: u64,
    /// Why it began where it did.
    pub started_by: Reason,
}

/// An event in a session of a state.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct EventInState {
    /// Where it is, as in `events.csv line 7`.
    pub whereabouts: String,
    /// When it happened, in units since 1970; `None` where it has no session.
    pub instant: Option<i64>,
    /// Whether the state has the event. If not, its session is as the next run would find it.
    pub is_taken: bool,
    /// Its session; `None` where it has no time or takes no part.
    pub place: Option<SessionInPlace>,
}

impl State {
    /// What becomes of events with a NULL in their key, unless `said` says something else than by default.
    pub fn null_key(&self, said: NullKey) -> NullKey {
        if said == NullKey::Group { self.manifest.definition.null_key() } else { said }
    }

    /// Refuses a definition by which the state was not made, and says what differs.
    ///
    /// # Errors
    /// [`StateError::OtherDefinition`].
    pub fn check_definition(&self, definition: &SessionDefinition, null_key: NullKey) -> Result<()> {
        is_of(&self.manifest, &RecordedDefinition::of(definition, null_key), &self.folder)
    }

    /// The session that an id stands for; `None` where it stands for none.
    ///
    /// # Errors
    /// When the state is damaged.
    pub fn explain_id(&self, id: &str) -> Result<Option<SessionInPlace>> {
        let now = match self.resolve(id)? {
            IdFate::Current(now) | IdFate::Alias { now, .. } => now,
            IdFate::Unknown => return Ok(None),
        };
        let (kept, _) = self.all_by(self.definition.id())?;
        let resolution = &kept.resolution;
        Ok(find(resolution, &now.key, now.start).map(|session| self.place(resolution, session)))
    }

    /// The sessions of the events of an input that have an id. Files that the state has taken are in it; the others are looked
    /// at as if a run took them now.
    ///
    /// # Errors
    /// As of [`crate::explain`], and when the state is damaged.
    pub fn explain_event(
        &self,
        input: &Input,
        event_id_column: &str,
        event: &str,
        threads: usize,
        watch: &Watch,
    ) -> Result<Vec<EventInState>> {
        let files = TakenFiles::read(&self.folder, self.manifest.files.as_ref())?;
        let (mut new, mut taken) = (input.clone(), input.clone());
        let mut are_new = Vec::with_capacity(input.files.len());
        for file in &input.files {
            are_new.push(matches!(files.look_up(file, &mut Seen::default(), watch)?, Known::New(_)));
        }
        let files_that = |are: bool| {
            let files = input.files.iter().zip(&are_new).filter(move |(_, is_new)| **is_new == are);
            files.map(|(file, _)| file.clone()).collect()
        };
        (new.files, taken.files) = (files_that(true), files_that(false));
        let null_key = self.null_key(input.null_key);
        (new.null_key, taken.null_key) = (null_key, null_key);
        let builder = self.definition.to_builder().event_id(event_id_column);
        let definition = builder.build().map_err(|_| EngineError::Mistake("a state has no definition"))?;
        let by_start = self.named_by_events(&definition)?;
        let options = ExplainOptions { threads };
        let width = definition.key().len();
        let mut events = Vec::new();
        let mut missing = None;
        for (input, is_taken) in [(taken, true), (new, false)] {
            if input.files.is_empty() {
                continue;
            }
            let explanation = match explain(&input, &by_start, event, &options, watch) {
                Err(error @ EngineError::EventId(EventIdError::NoSuchEvent { .. })) => {
                    missing = Some(error);
                    continue;
                }
                explanation => explanation?,
            };
            let resolution = match is_taken {
                true => self.all_by(definition.id())?.0.resolution,
                false => self.after(&input, threads, watch)?,
            };
            let of_event = i128::from(nanoseconds_per(explanation.unit));
            let of_state = i128::from(nanoseconds_per(resolution.sessions.unit()));
            for found in explanation.events {
                let in_session = found.session.as_ref();
                let instant = in_session.map(|session| i128::from(session.instant) * of_event / of_state);
                let instant = instant.map(|instant| i64::try_from(instant).unwrap_or(i64::MAX));
                let lost =
                    || StateError::damaged(self.folder.path(), "an event that it took is in no session");
                let place = instant.map(|instant| {
                    let session = find(&resolution, &found.key[..width], instant).ok_or_else(lost)?;
                    Ok::<_, EngineError>(self.place(&resolution, session))
                });
                events.push(EventInState {
                    whereabouts: found.whereabouts,
                    instant,
                    is_taken,
                    place: place.transpose()?,
                });
            }
        }
        match missing {
            Some(missing) if events.is_empty() => Err(missing),
            _ => Ok(events),
        }
    }

    /// All sessions with those of new files, as the next run would have them.
    fn after(&self, new: &Input, threads: usize, watch: &Watch) -> Result<Resolution> {
        let going_on = GoingOn { at_least: self.manifest.times.unit(), late_before: None };
        let scanned = scan(new, &self.definition, &[], &going_on, threads, watch)?;
        let unit = scanned.labellers.first().map_or(self.manifest.times.unit(), Labeller::unit);
        let unit = finer(unit, self.manifest.times.unit());
        let mut past = Past::of(&self.definition);
        let (width, scheme) = (self.definition.key().len(), self.definition.id());
        for leaf in &self.manifest.sessions {
            past.add(&self.folder, &leaf.part, &self.definition, unit)?;
        }
        let mut labeller = Labeller::new(width, self.definition.rule(), unit);
        let labels = past.remember(&mut labeller, &self.folder)?;
        let place = scanned.labellers.len();
        let mut labelled = scanned.resolve(Some(labeller), scheme, threads)?;
        let keeps_ids = scheme.needs_memory().then_some(self.manifest.run + 1);
        Merged::of(&mut labelled.resolution, place, &labels, &past, keeps_ids)
            .ok_or(EngineError::Mistake("a session of the past is a part of none"))?;
        Ok(labelled.resolution)
    }

    fn place(&self, resolution: &Resolution, session: SessionIndex) -> SessionInPlace {
        let sessions = &resolution.sessions;
        let placed = |session| PlacedSession {
            id: sessions.id(session).map(|id| id.to_string()),
            number: sessions.number(session),
            start: sessions.start(session),
            end: sessions.end(session),
            events: sessions.events(session),
            started_by: sessions.started_by(session),
        };
        SessionInPlace {
            session: placed(session),
            previous: sessions.before(session).map(placed),
            next: sessions.after(session).map(placed),
            key: key_of(resolution, session, self.definition.key().len()),
            of: sessions.of_its_key(session),
            unit: sessions.unit(),
            zoned: self.manifest.times.is_zoned(),
            run: self.manifest.run,
        }
    }

    /// The same definition, which finds events and their keys without a memory of ids.
    fn named_by_events(&self, definition: &SessionDefinition) -> Result<SessionDefinition> {
        let builder = definition.to_builder().id(spectrum_core::IdScheme::Start);
        builder.build().map_err(|_| EngineError::Mistake("a state has no definition"))
    }
}

fn key_of(resolution: &Resolution, session: SessionIndex, width: usize) -> Vec<Option<String>> {
    (0..width).map(|column| resolution.sessions.key_text(session, column)).collect()
}

/// The session of a key that an instant lies in.
fn find(resolution: &Resolution, key: &[Option<String>], instant: i64) -> Option<SessionIndex> {
    let sessions = &resolution.sessions;
    let holds =
        |session: &SessionIndex| (sessions.start(*session)..=sessions.end(*session)).contains(&instant);
    sessions.all().filter(holds).find(|session| key_of(resolution, *session, key.len()) == key)
}
