//! The number, the start and the reason of each event's session.

use super::steps::Steps;
use super::{Ruled, UP_TO_HERE, case, flag};

impl Ruled<'_> {
    /// The steps up to a session for every event. Where a moment can belong to none, `belongs` says whether it does.
    pub(super) fn numbers(&self, steps: &mut Steps) {
        let own = &self.own;
        if self.rule.split_on().is_empty() && !self.can_belong_nowhere() && !self.is_walked() {
            self.counted(steps, &format!("{} IS NOT NULL", own.parted_by), Some(&own.parted_by));
            return;
        }
        let parted_at = format!("MAX(CASE WHEN {} IS NOT NULL THEN {} END)", own.parted_by, own.instant);
        let mut columns = vec![(self.running(&parted_at), own.segment.clone())];
        if self.is_walked() {
            let number = format!("DENSE_RANK() OVER ({})", self.window());
            columns.push((number, own.moment_number.clone()));
        }
        self.add(steps, "segments", "The latest moment that is parted from the one before it.", &columns);
        if let Some(folding) = self.syntax.folding().filter(|_| self.is_walked()) {
            self.walked(steps, folding);
            return;
        }
        let changes = self.changes();
        if !self.can_belong_nowhere() {
            let branches = [
                format!("WHEN {0} IS NOT NULL THEN {0}", own.parted_by),
                format!("WHEN {} = 1 AND ({changes}) THEN 'split_on'", own.is_first),
            ];
            let begins_by = format!("CASE {} END", branches.join("\n                 "));
            self.add(
                steps,
                "boundaries",
                "Why a session begins, on the first row of its first moment.",
                &[(begins_by, own.begins_by.clone())],
            );
            self.counted(steps, &format!("{} IS NOT NULL", own.begins_by), Some(&own.begins_by));
            return;
        }
        let mut opens = format!("{0} IS NULL OR {0} < {1}", own.previous_active, own.segment);
        if !changes.is_empty() {
            opens = format!("{opens} OR {changes}");
        }
        let opens = flag(&format!("{} = 1 AND {} = 0 AND ({opens})", own.is_first, own.moment_passive));
        self.add(
            steps,
            "boundaries",
            "1 where a session begins: the first active moment since one was parted, or one that parts itself.",
            &[(opens, own.begins.clone())],
        );
        self.counted(steps, &format!("{} = 1", own.begins), None);
        self.asked_again(steps);
    }

    /// Whether a moment has another value than the session.
    fn changes(&self) -> String {
        let own = &self.own;
        let of_column = self.splits().map(|at| match self.keeps_values() {
            true => format!("{} >= {} AND ({})", own.current_at[at], own.segment, self.differs(at)),
            false => self.differs(at),
        });
        of_column.collect::<Vec<_>>().join(" OR ")
    }

    /// Whether a moment has another value of a column than the latest one before it.
    pub(super) fn differs(&self, at: usize) -> String {
        let own = &self.own;
        let [least, greatest] = [&own.least[at], &own.greatest[at]].map(|value| self.standing(value));
        let current = &own.current[at];
        format!("{least} <> {current} OR {greatest} <> {current}")
    }

    /// The number and the start, where `begins` is true on one row of a session's first moment; and the reason, if that is known.
    pub(super) fn counted(&self, steps: &mut Steps, begins: &str, reason: Option<&str>) {
        let own = &self.own;
        let marks = format!("SUM(CASE WHEN {begins} THEN 1 ELSE 0 END)");
        let start = format!("MAX(CASE WHEN {begins} THEN {} END)", own.instant);
        let latest = reason.and_then(|reason| self.syntax.latest(reason, &self.window()));
        if self.syntax.has_range_frames() {
            let number = self.syntax.bigint(&self.running(&marks));
            let mut columns = vec![(number, own.number.clone()), (self.running(&start), own.started.clone())];
            columns.extend(latest.clone().map(|latest| (latest, own.begun_by.clone())));
            let comment =
                "The session's number, and its first instant. All events of an instant are counted together.";
            self.add(steps, "sessions", comment, &columns);
        } else {
            let rows = UP_TO_HERE.replace("RANGE", "ROWS");
            let counted = |aggregate: &str| format!("{aggregate} OVER ({} {rows})", self.window());
            let [count, at] = ["session_count", "session_start_so_far"].map(|name| self.columns.own(name));
            self.add(
                steps,
                "counted",
                "",
                &[(counted(&marks), count.clone()), (counted(&start), at.clone())],
            );
            let whole = |of: &str| self.of_moment(&format!("MAX({of})"));
            self.add(
                steps,
                "sessions",
                "There are no RANGE frames; the last row of an instant, whichever it is, has counted all of it.",
                &[(whole(&count), own.number.clone()), (whole(&at), own.started.clone())],
            );
        }
        if let (Some(reason), None) = (reason, latest) {
            self.named(steps, reason);
        }
    }

    /// The reason for all events of a session.
    fn named(&self, steps: &mut Steps, reason: &str) {
        let partition = format!("PARTITION BY {}, {}", self.heard(), self.own.number);
        self.add(
            steps,
            "named",
            "Why the session began.",
            &[(format!("MAX({reason}) OVER ({partition})"), self.own.begun_by.clone())],
        );
    }

    /// Where moments can belong to no session, or a session's start has a say, what ended a session is asked of the last
    /// moment that belongs to it.
    pub(super) fn asked_again(&self, steps: &mut Steps) {
        let (own, rule) = (&self.own, self.rule);
        let window = match self.can_belong_nowhere() {
            true => {
                let belongs = flag(&self.belongs());
                format!("PARTITION BY {}, {belongs} ORDER BY {}", self.heard(), self.order())
            }
            false => self.window(),
        };
        let before = |value: &str| self.syntax.before(value, &window);
        let last = |name: &str| self.columns.own(name);
        let [at, ends, pause, day, start] =
            ["before_instant", "before_ends", "before_pause", "before_day", "before_start"].map(last);
        let mut columns = vec![(before(&own.instant), at.clone())];
        columns.extend(rule.end_when().map(|_| (before(&own.moment_ends), ends.clone())));
        columns.extend((!rule.gap_when().is_empty()).then(|| (before(&own.moment_pause), pause.clone())));
        columns.extend(rule.split_at().map(|_| (before(&own.day), day.clone())));
        columns.extend(self.is_walked().then(|| (before(&own.started), start.clone())));
        self.add(steps, "looked_back", "The row before among those that belong to sessions.", &columns);
        let mut branches = vec![(format!("{at} IS NULL"), "'first'")];
        branches.extend(self.pairwise(&at, &ends, &pause, &day));
        if rule.start_when().is_some() {
            branches.push((format!("{} = 1", own.moment_starts), "'start_when'"));
        }
        if self.is_walked() {
            branches.extend(own.differs_from.iter().map(|from| (format!("{from} >= {start}"), "'split_on'")));
            branches.extend(self.longest().map(|longest| {
                (format!("{} - {longest} > {start}", self.as_instant(&own.instant)), "'max_duration'")
            }));
        }
        // What is left is the last rule of the list, if there is such a rule.
        let otherwise = match self.is_walked() {
            true => rule.max_events().map(|_| "'max_events'"),
            false => (!rule.split_on().is_empty()).then_some("'split_on'"),
        };
        let belongs = match self.can_belong_nowhere() {
            true => format!(" AND {}", self.belongs()),
            false => String::new(),
        };
        let begins =
            format!("{0} = {1}{belongs} AND ({at} IS NULL OR {at} <> {0})", own.instant, own.started);
        let asked = self.columns.own("asked_again");
        let reason = format!("CASE WHEN {begins}\n                 THEN {} END", case(&branches, otherwise));
        self.add(
            steps,
            "reasons",
            "Why a session begins, on the first row of its first moment.",
            &[(reason, asked.clone())],
        );
        self.named(steps, &asked);
    }
}
