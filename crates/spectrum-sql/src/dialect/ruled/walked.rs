//! Sessions by a walk from start to start, where a session's end depends on its start.
//!
//! Windows say of every moment of a segment where a session that begins there ends. All that is left is to follow the way
//! from the first session to the next, over lists. Segments in which no session can reach a limit are not walked: each is
//! one session.
//!
//! | step | what it adds |
//! |---|---|
//! | compared | from when on a session's value differs, and the moment with one event more than a session may have |
//! | reached | whether the segment is walked |
//! | turns | one row per moment of these, with its place in the segment |
//! | changes, deadlines, late, ends | the place at which a session that begins there ends |
//! | paths, ways, bounds | the places at which sessions begin, as lists, and their instants |
//! | starts, events_and_starts | these as rows among the events |
//! | sessions, events_alone | the session's number and start |

use super::steps::Steps;
use super::{Ruled, flag, nanoseconds};
use crate::dialect::folding::Folding;

impl Ruled<'_> {
    /// The steps from `segments` to a session for every event.
    pub(super) fn walked(&self, steps: &mut Steps, folding: &dyn Folding) {
        self.compared(steps);
        self.reached(steps);
        let reached = steps.last.clone();
        self.turns(steps);
        self.ends(steps);
        self.starts(steps, folding);
        self.among_events(steps, &reached);
        self.counted(steps, &format!("{} = 1", self.own.begins), None);
        self.events_alone(steps);
        self.asked_again(steps);
    }

    /// What a segment is a part of, and itself.
    fn segment(&self) -> String {
        format!("{}, {}", self.heard(), self.own.segment)
    }

    fn compared(&self, steps: &mut Steps) {
        let own = &self.own;
        let mut columns: Vec<_> = self
            .splits()
            .map(|at| {
                let differs = format!("{} = 1 AND ({})", own.is_first, self.differs(at));
                let from = format!("MAX(CASE WHEN {differs} THEN {} END)", own.current_at[at]);
                (self.of_moment(&from), own.differs_from[at].clone())
            })
            .collect();
        if let Some(most) = self.most_events() {
            // Of the first row of a moment, of those that stand together.
            let beyond = self.syntax.ahead(&own.moment_number, most, &self.window());
            columns.push((beyond, own.number_beyond.clone()));
        }
        let comment = match (self.rule.split_on().is_empty(), self.most_events()) {
            (true, _) => "The moment with one event more than a session may have that begins with this row.",
            (false, None) => "Sessions that began not after this have another value than the moment.",
            (false, Some(_)) => {
                "Sessions that began not after this have another value than the moment, and the moment with one event too many."
            }
        };
        self.add(steps, "compared", comment, &columns);
    }

    /// Whether a session can reach a limit before its segment ends.
    fn reached(&self, steps: &mut Steps) {
        let own = &self.own;
        let segment = self.segment();
        let mut limits: Vec<String> =
            self.splits().map(|at| format!("{} >= {}", own.differs_from[at], own.segment)).collect();
        limits.extend(
            self.longest()
                .map(|longest| format!("{} - {longest} > {}", self.as_instant(&own.instant), own.segment)),
        );
        let mut reached = Vec::new();
        if !limits.is_empty() {
            reached.push(format!("MAX({}) OVER (PARTITION BY {segment}) = 1", flag(&limits.join(" OR "))));
        }
        if let Some(most) = self.most_events() {
            reached.push(format!("COUNT({}) OVER (PARTITION BY {segment}) > {most}", own.instant));
        }
        // A number of events that no key has is no limit.
        let reached = if reached.is_empty() { "1 = 0".to_owned() } else { reached.join(" OR ") };
        let mut columns = vec![
            (flag(&reached), own.is_walked.clone()),
            (format!("MIN({}) OVER (PARTITION BY {segment})", own.moment_number), own.first_number.clone()),
        ];
        if self.most_events().is_some() {
            // The first row of a moment looks ahead least.
            let beyond = format!("MIN({})", own.number_beyond);
            columns.push((self.of_moment(&beyond), self.columns.own("moment_beyond")));
        }
        if self.can_belong_nowhere() {
            let active = format!("CASE WHEN {} = 0 THEN {} END", own.moment_passive, own.instant);
            columns.push((format!("MIN({active}) OVER (PARTITION BY {segment})"), own.opens.clone()));
        }
        self.add(
            steps,
            "reached",
            "1 where a session can reach a limit before the segment ends, and the segment's first moment.",
            &columns,
        );
    }

    /// One row per moment of the segments that are walked.
    fn turns(&self, steps: &mut Steps) {
        let own = &self.own;
        let name = |wanted: &str| self.columns.own(wanted);
        let in_segment = |number: &str| format!("{number} - {} + 1", own.first_number);
        let mut columns = vec![format!("{} AS {}", in_segment(&own.moment_number), name("place"))];
        if self.most_events().is_some() {
            columns.push(format!("{} AS {}", in_segment(&name("moment_beyond")), name("place_beyond")));
        }
        if self.can_belong_nowhere() {
            columns.push(own.moment_passive.clone());
        }
        for at in self.splits() {
            columns.push(match self.keeps_values() {
                true => format!("{}, {}", own.least[at], own.greatest[at]),
                false => own.differs_from[at].clone(),
            });
        }
        let mut conditions = vec![format!("{} = 1", own.is_walked), format!("{} = 1", own.is_first)];
        conditions.push(format!("{} IS NOT NULL", own.instant));
        conditions.extend(self.has_unheard().then(|| format!("{} = 1", own.heard)));
        let body = format!(
            "  -- One row per moment of these segments, with its place.\n  SELECT {}{}, {},\n         {}\n  FROM {}\n  WHERE {}",
            self.segment(),
            self.columns.others(),
            own.instant,
            columns.join(",\n         "),
            steps.last,
            conditions.join(" AND "),
        );
        steps.push(self.step("turns"), &body);
    }

    /// Where a session that begins at a moment ends: the place of the first moment that is not in it, and, where moments can
    /// be passive, the first from here on at which a session can begin.
    fn ends(&self, steps: &mut Steps) {
        let own = &self.own;
        let name = |wanted: &str| self.columns.own(wanted);
        let (place, segment) = (name("place"), self.segment());
        let rows = "ROWS BETWEEN UNBOUNDED PRECEDING AND";
        let backwards = format!("PARTITION BY {segment} ORDER BY {place} DESC");
        let from_here = |of: &str| format!("MIN({of}) OVER ({backwards} {rows} CURRENT ROW)");
        let none = format!("MAX({place}) OVER (PARTITION BY {segment}) + 1");
        let mut ends = Vec::new();
        if self.keeps_values() {
            let changes: Vec<_> =
                self.splits().map(|at| (self.next_value(at), self.changes_at(at))).collect();
            ends.extend(changes.iter().map(|(_, change)| from_here(change)));
            self.add(steps, "changes", "The next moment with a value, if that is another one.", &changes);
        } else if !self.rule.split_on().is_empty() {
            let differs: Vec<_> =
                own.differs_from.iter().map(|differs| format!("{differs} IS NOT NULL")).collect();
            let parted = format!("CASE WHEN {} THEN {place} END", differs.join(" OR "));
            ends.push(format!("MIN({parted}) OVER ({backwards} {rows} 1 PRECEDING)"));
        }
        let mut moments = String::new();
        if let Some(longest) = self.longest() {
            self.deadlines(steps, &longest);
            moments = format!("\n  WHERE {} = 0", name("is_later"));
            ends.push(name("too_late"));
        }
        if self.most_events().is_some() {
            // A moment alone may have more.
            let beyond = name("place_beyond");
            ends.push(format!(
                "CASE WHEN {beyond} = {place} THEN {place} + 1 WHEN {beyond} < {none} THEN {beyond} END"
            ));
        }
        let or_none = |end: &String| format!("COALESCE({end}, {none})");
        let ends: Vec<String> = ends.iter().map(or_none).collect();
        let end = match ends.as_slice() {
            [] => none.clone(),
            [one] => one.clone(),
            several => format!("LEAST({})", several.join(",\n               ")),
        };
        let mut columns = format!("{end} AS {}", name("next_place"));
        if self.can_belong_nowhere() {
            let active = format!("CASE WHEN {} = 0 THEN {place} END", own.moment_passive);
            let opener = or_none(&from_here(&active));
            columns = format!("{columns},\n         {opener} AS {}", name("next_active"));
        }
        let body = format!(
            "  -- Where a session that begins here ends, or one place further than the segment's last.\n  SELECT *, {columns}\n  FROM {}{moments}",
            steps.last
        );
        steps.push(self.step("ends"), &body);
    }

    /// The place of the next moment with a value of a column, if that is another one.
    fn next_value(&self, at: usize) -> String {
        let own = &self.own;
        let (least, greatest) = (&own.least[at], &own.greatest[at]);
        let window = format!(
            "PARTITION BY {}, CASE WHEN {greatest} IS NULL THEN 1 ELSE 0 END ORDER BY {} DESC",
            self.segment(),
            self.columns.own("place")
        );
        let next = |value: &str| self.syntax.before(value, &window);
        format!(
            "CASE WHEN {} <> {greatest} OR {} <> {greatest}\n                 THEN {} END",
            next(least),
            next(greatest),
            next(&self.columns.own("place"))
        )
    }

    fn changes_at(&self, at: usize) -> String {
        self.columns.own(&format!("changes_at_{}", at + 1))
    }

    /// The first moment that is later than a session that begins here may last. A frame with an offset would say it, but is
    /// slow in some engines and cannot be so long in others. So every moment is there once more, earlier by that.
    fn deadlines(&self, steps: &mut Steps, longest: &str) {
        let own = &self.own;
        let name = |wanted: &str| self.columns.own(wanted);
        let (due, later, from) = (name("due"), name("is_later"), steps.last.clone());
        let instant = self.as_instant(&own.instant);
        steps.push(
            self.step("deadlines"),
            &format!(
                "  -- Every moment, and once more as what comes too late for a session that begins before it.\n  SELECT *, {instant} AS {due}, 0 AS {later} FROM {from}\n  UNION ALL\n  SELECT *, {instant} - {longest}, 1 FROM {from}"
            ),
        );
        let late = format!(
            "MIN(CASE WHEN {later} = 1 THEN {} END) OVER (PARTITION BY {} ORDER BY {due} DESC, {later}\n                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
            name("place"),
            self.segment()
        );
        self.add(steps, "late", "The first moment that comes too late.", &[(late, name("too_late"))]);
    }

    /// One row per session of the segments that are walked, with a value of every column of the events' own.
    fn starts(&self, steps: &mut Steps, folding: &dyn Folding) {
        let own = &self.own;
        let name = |wanted: &str| self.columns.own(wanted);
        let [place, next_place, next_active] = ["place", "next_place", "next_active"].map(name);
        let [nexts, lasts, actives, instants] =
            ["next_places", "last_places", "next_actives", "instants"].map(name);
        let [first, last] = ["first_place", "last_place"].map(name);
        let listed = |value: &str, last: &str, list: &str| {
            format!("{} AS {list}", folding.appended(&folding.listed(value, &place), last))
        };
        let beyond = format!("MAX({place}) + 1");
        // The place beyond the last one leads to itself.
        let mut lists = vec![
            format!("MAX({place}) AS {last}"),
            listed(&own.instant, &format!("MAX({})", own.instant), &instants),
            listed(&next_place, &beyond, &nexts),
        ];
        match self.can_belong_nowhere() {
            true => {
                let last_place = format!("{next_place} - 1");
                lists.push(listed(&last_place, &format!("MAX({place})"), &lasts));
                lists.push(listed(&next_active, &beyond, &actives));
                lists.push(format!("MIN({next_active}) AS {first}"));
            }
            false => lists.push(format!("MIN({place}) AS {first}")),
        }
        let others = self.columns.other_names();
        let likes: Vec<String> = (1..=others.len()).map(|at| name(&format!("like_{at}"))).collect();
        lists.extend(
            others.iter().zip(&likes).map(|(other, like)| format!("{} AS {like}", folding.any(other))),
        );
        let segment = self.segment();
        let body = format!(
            "  -- One row per segment, with what its moments have as lists.\n  SELECT {segment},\n         {}\n  FROM {}\n  GROUP BY {segment}",
            lists.join(",\n         "),
            steps.last
        );
        steps.push(self.step("paths"), &body);
        let mut leads = nexts.clone();
        if self.can_belong_nowhere() {
            leads = name("next_starts");
            let next = folding.chosen(&actives, &nexts);
            self.add(steps, "leads", "From start to start.", &[(next, leads.clone())]);
        }
        let [places, ends, starts, untils] = ["places", "end_places", "starts", "ends"].map(name);
        self.add(
            steps,
            "ways",
            "The places at which sessions begin. Every round goes twice as far.",
            &[(folding.way(&leads, &first), places.clone())],
        );
        let mut bounds = vec![(folding.chosen(&instants, &places), starts.clone())];
        let mut unfolded = vec![(places.clone(), name("start_place")), (starts, name("start_at"))];
        if self.can_belong_nowhere() {
            self.add(steps, "way_ends", "", &[(folding.chosen(&lasts, &places), ends.clone())]);
            bounds.push((folding.chosen(&instants, &ends), untils.clone()));
            unfolded.push((untils, own.ends_at.clone()));
        }
        self.add(steps, "bounds", "Their instants.", &bounds);
        let (each, from) = folding.unfolded(&steps.last, &unfolded);
        let all = [segment, last].into_iter().chain(likes).chain([each]).collect::<Vec<_>>().join(", ");
        steps.push(self.step("starts"), &format!("  SELECT {all}\n  FROM {from}"));
    }

    /// The starts among the events. So no join has to find NULL keys.
    fn among_events(&self, steps: &mut Steps, events: &str) {
        let (own, rule) = (&self.own, self.rule);
        let name = |wanted: &str| self.columns.own(wanted);
        let begins = match self.can_belong_nowhere() {
            true => format!("{} = 1 AND {} = {}", own.is_first, own.instant, own.opens),
            false => format!("{} IS NOT NULL", own.parted_by),
        };
        let begins = flag(&format!("{} = 0 AND {begins}", own.is_walked));
        let start = name("start_at");
        let mut columns = vec![
            (own.instant.clone(), start.clone(), &own.instant),
            (own.is_walked.clone(), "1".to_owned(), &own.is_walked),
            (begins, "1".to_owned(), &own.begins),
            ("0".to_owned(), "1".to_owned(), &own.is_start),
        ];
        if self.can_belong_nowhere() {
            columns.push(("NULL".to_owned(), own.ends_at.clone(), &own.ends_at));
        }
        let mut kept = Vec::new();
        kept.extend(rule.ignore_when().map(|_| &own.ignored));
        kept.extend(rule.start_when().map(|_| &own.moment_starts));
        kept.extend(rule.end_when().map(|_| &own.moment_ends));
        kept.extend((!rule.gap_when().is_empty()).then_some(&own.moment_pause));
        kept.extend(rule.split_at().map(|_| &own.day));
        kept.extend(&own.differs_from);
        columns.extend(kept.into_iter().map(|kept| (kept.clone(), "NULL".to_owned(), kept)));
        let others = self.columns.other_names();
        let likes = (1..=others.len()).map(|at| name(&format!("like_{at}")));
        columns.extend(others.iter().zip(likes).map(|(other, like)| (other.clone(), like, other)));
        let segment = self.segment();
        let side = |of: &dyn Fn(&(String, String, &String)) -> String| {
            columns.iter().map(of).collect::<Vec<_>>().join(", ")
        };
        let named = |sql: &str, name: &str| match sql == name {
            true => sql.to_owned(),
            false => format!("{sql} AS {name}"),
        };
        let body = format!(
            "  -- The starts among the events.\n  SELECT {segment},\n         {}\n  FROM {events}\n  UNION ALL\n  SELECT {segment},\n         {}\n  FROM {}\n  WHERE {} <= {}",
            side(&|(of_event, _, name)| named(of_event, name)),
            side(&|(_, of_start, _)| of_start.clone()),
            steps.last,
            name("start_place"),
            name("last_place"),
        );
        steps.push(self.step("events_and_starts"), &body);
    }

    /// The events without the starts, and whether their moment belongs to a session.
    fn events_alone(&self, steps: &mut Steps) {
        let own = &self.own;
        let mut belongs = String::new();
        if self.can_belong_nowhere() {
            let ends = self.running(&format!("MAX({})", own.ends_at));
            let ended = self.columns.own("session_end");
            self.add(steps, "ended", "The last moment of the session.", &[(ends, ended.clone())]);
            let condition = format!(
                "{} >= {} AND ({} = 0 OR {} <= {ended})",
                own.started, own.segment, own.is_walked, own.instant,
            );
            belongs = format!(",\n         {} AS {}", flag(&condition), own.belongs);
        }
        let body = format!("  SELECT *{belongs}\n  FROM {}\n  WHERE {} = 0", steps.last, own.is_start);
        steps.push(self.step("events_alone"), &body);
    }

    /// More than this after its start a session does not last.
    pub(super) fn longest(&self) -> Option<String> {
        self.rule.max_duration().map(|longest| (longest.nanoseconds() / nanoseconds(self.unit())).to_string())
    }

    /// The most events of a session, if a key can have more than that: no key has more than 31 bits can count.
    fn most_events(&self) -> Option<i32> {
        self.rule.max_events().and_then(|most| i32::try_from(most).ok())
    }

    fn step(&self, name: &str) -> String {
        self.columns.step(name, self.avoided)
    }
}
