//! What becomes of ids, step by step and without SQL: the rules of ids that last said again, to judge by.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use spectrum_postgres::Connection;

/// A user and an account.
pub(super) type Key = (Option<String>, Option<String>);

/// A key, and microseconds since 1970.
pub(super) type Moment = (Key, i64);

/// Where an anchor is now: its id, the how manieth it was, and its moment with the session that it lies in, if any is left.
type Lies = (String, usize, Option<(Moment, usize)>);

/// An event that counts, and the number of its session among those of its key; none where it is in no session.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) event_id: i64,
    pub(super) moment: Moment,
    pub(super) session: Option<u64>,
    /// Whether the rule ignores it, though it is in a session.
    pub(super) ignored: bool,
}

/// An id that was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Given {
    /// The moment where its anchor is; none where it is gone.
    pub(super) at: Option<Moment>,
    /// The id of the session that it stands for.
    pub(super) current: Option<String>,
    /// The how manieth it was.
    founded: usize,
}

/// Everything that is known after a step.
#[derive(Clone, Default, Debug)]
pub(super) struct Model {
    /// Every id that was ever given.
    pub(super) given: BTreeMap<String, Given>,
    /// The moments of every session.
    pub(super) sessions: BTreeMap<String, BTreeSet<Moment>>,
    /// The id of every event's session.
    pub(super) of_event: BTreeMap<i64, Option<String>>,
}

impl Model {
    /// What follows when the events are these.
    pub(super) fn step(&self, events: &[Placed], client: &mut Connection) -> Self {
        let mut session_at: HashMap<&Moment, usize> = HashMap::new();
        let mut moments: Vec<BTreeSet<Moment>> = Vec::new();
        let mut numbered: HashMap<(&Key, u64), usize> = HashMap::new();
        for event in events {
            let (Some(number), false) = (event.session, event.ignored) else { continue };
            let next = moments.len();
            let session = *numbered.entry((&event.moment.0, number)).or_insert(next);
            if session == next {
                moments.push(BTreeSet::new());
            }
            moments[session].insert(event.moment.clone());
            session_at.insert(&event.moment, session);
        }
        // Where each anchor lies now: at its moment, or at the first that is left of the session it was in.
        let mut lies: Vec<Lies> = Vec::new();
        for (id, given) in &self.given {
            let Some(at) = &given.at else { continue };
            let before = given.current.as_ref().map(|current| &self.sessions[current]);
            let mut candidates = [at].into_iter().chain(before.into_iter().flatten());
            let left = candidates.find_map(|moment| Some((moment.clone(), *session_at.get(moment)?)));
            lies.push((id.clone(), given.founded, left));
        }
        // The id of each session: of the anchors in it, that of the one which was founded first.
        let mut ids: Vec<Option<(usize, String)>> = vec![None; moments.len()];
        for (id, founded, at) in &lies {
            let Some((_, session)) = at else { continue };
            if ids[*session].as_ref().is_none_or(|(first, _)| founded < first) {
                ids[*session] = Some((*founded, id.clone()));
            }
        }
        let mut after = Self { given: self.given.clone(), ..Self::default() };
        let mut new: Vec<(i64, String, usize)> = Vec::new();
        for (session, of) in ids.iter().enumerate().filter(|(_, id)| id.is_none()) {
            assert_eq!(*of, None);
            let Some(first) = moments[session].first() else { continue };
            new.push((first.1, new_id(first, &self.given, client), session));
        }
        new.sort();
        for (_, id, session) in new {
            let founded = after.given.len();
            let at = moments[session].first().cloned();
            after.given.insert(id.clone(), Given { at, current: Some(id.clone()), founded });
            ids[session] = Some((founded, id));
        }
        let names: Vec<String> = ids.into_iter().map(|id| id.unwrap().1).collect();
        for (id, founded, at) in lies {
            let current = at.as_ref().map(|(_, session)| names[*session].clone());
            after.given.insert(id, Given { at: at.map(|(moment, _)| moment), current, founded });
        }
        let name_of = |event: &Placed| {
            let session = numbered.get(&(&event.moment.0, event.session?));
            session.map(|session| names[*session].clone())
        };
        after.of_event = events.iter().map(|event| (event.event_id, name_of(event))).collect();
        after.sessions = names.into_iter().zip(moments).collect();
        after
    }

    /// What does not follow from `before`, by the promises alone.
    pub(super) fn broken_since(&self, before: &Self) -> Option<String> {
        let stands_for = |model: &Self, id: &str| {
            let current = model.given.get(id)?.current.as_ref()?;
            Some(model.sessions[current].clone())
        };
        for id in before.given.keys() {
            match (stands_for(before, id), stands_for(self, id)) {
                (None, Some(_)) => return Some(format!("{id} was gone and was given again")),
                (Some(was), Some(is)) if was.is_disjoint(&is) => {
                    return Some(format!("{id} stood for {was:?} and stands for {is:?}"));
                }
                _ => {}
            }
            if !self.given.contains_key(id) {
                return Some(format!("{id} is forgotten"));
            }
        }
        let was: HashMap<&BTreeSet<Moment>, &String> =
            before.sessions.iter().map(|(id, moments)| (moments, id)).collect();
        let renamed =
            self.sessions.iter().find(|(id, moments)| was.get(moments).is_some_and(|was| was != id));
        if let Some((id, moments)) = renamed {
            return Some(format!("the session of {moments:?} is what it was, and now is {id}"));
        }
        let named: HashSet<&String> = self.sessions.keys().collect();
        let dangling = self
            .given
            .values()
            .find(|given| given.current.as_ref().is_some_and(|current| !named.contains(current)));
        dangling.map(|given| format!("{given:?} resolves to no session"))
    }
}

/// The id of a session that begins at a moment: the first that was not given yet.
fn new_id(first: &Moment, given: &BTreeMap<String, Given>, client: &mut Connection) -> String {
    let part = |part: &Option<String>| match part {
        Some(text) => format!("{}:{text}", text.len()),
        None => "-".to_owned(),
    };
    let ((user, account), at) = first;
    let text = format!("s{}{}@{at}", part(user), part(account));
    let mut again = 1;
    loop {
        let text = if again == 1 { text.clone() } else { format!("{text}#{again}") };
        let id: String = client.query_one("SELECT MD5($1)", &[&text]).unwrap().get(0);
        if !given.contains_key(&id) {
            return id;
        }
        again += 1;
    }
}
