//! Every moment beside the one before it.

use super::steps::Steps;
use super::{Ruled, case, flag};

impl Ruled<'_> {
    /// What is known of each event, of its moment.
    pub(super) fn moments(&self, steps: &mut Steps) {
        let (own, rule) = (&self.own, self.rule);
        let mut columns = Vec::new();
        let mut of_moment = |aggregate: String, name: &String| {
            columns.push((self.of_moment(&aggregate), name.clone()));
        };
        if rule.start_when().is_some() {
            of_moment(format!("MAX({})", own.starts), &own.moment_starts);
        }
        if rule.end_when().is_some() {
            of_moment(format!("MAX({})", own.ends), &own.moment_ends);
        }
        if !rule.gap_when().is_empty() {
            of_moment(format!("MAX({})", own.pause), &own.moment_pause);
        }
        for at in self.splits() {
            of_moment(format!("MIN({})", own.values[at]), &own.least[at]);
            of_moment(format!("MAX({})", own.values[at]), &own.greatest[at]);
        }
        if rule.passive_when().is_some() {
            of_moment(format!("MIN({})", own.passive), &own.moment_passive);
            let active = format!("MAX(CASE WHEN {} = 0 THEN {} END)", own.passive, own.instant);
            if !self.is_walked() {
                columns.push((self.running(&active), own.latest_active.clone()));
            }
        }
        self.add(steps, "moments", "What is true of one event of a moment is true of the moment.", &columns);
    }

    /// What the row before has. Of several events of a moment any may be first: the others get their own moment.
    pub(super) fn lagged(&self, steps: &mut Steps) {
        let (own, rule, window) = (&self.own, self.rule, self.window());
        let before = |value: &str| self.syntax.before(value, &window);
        let mut columns = vec![(before(&own.instant), own.previous.clone())];
        if rule.end_when().is_some() {
            columns.push((before(&own.moment_ends), own.previous_ends.clone()));
        }
        if !rule.gap_when().is_empty() {
            columns.push((before(&own.moment_pause), own.previous_pause.clone()));
        }
        if rule.split_at().is_some() {
            columns.push((before(&own.day), own.previous_day.clone()));
        }
        if rule.passive_when().is_some() && !self.is_walked() {
            columns.push((before(&own.latest_active), own.previous_active.clone()));
        }
        let mut spread = Vec::new();
        for at in self.splits() {
            let value = self.standing(&own.greatest[at]);
            let value_at = format!("CASE WHEN {value} IS NOT NULL THEN {} END", own.instant);
            let present = |of: &str| self.syntax.present_before(of, &window);
            if let (Some(value), Some(value_at)) = (present(&value), present(&value_at)) {
                columns.push((value, own.current[at].clone()));
                let is_asked = self.keeps_values() || self.is_walked();
                columns.extend(is_asked.then(|| (value_at, own.current_at[at].clone())));
                continue;
            }
            // Among moments with a value the one before has the latest. These rows are in an order of their own.
            let valued = format!(
                "PARTITION BY {}, CASE WHEN {value} IS NULL THEN 1 ELSE 0 END ORDER BY {}",
                self.heard(),
                self.order()
            );
            columns.push((self.syntax.before(&value, &valued), own.seen[at].clone()));
            columns.push((self.syntax.before(&own.instant, &valued), own.seen_at[at].clone()));
            let seen = |of: &str| {
                self.of_moment(&format!("MAX(CASE WHEN {} < {} THEN {of} END)", own.seen_at[at], own.instant))
            };
            spread.push((seen(&own.seen[at]), own.current[at].clone()));
            spread.push((seen(&own.seen_at[at]), own.current_at[at].clone()));
        }
        self.add(
            steps,
            "lagged",
            "The row before. Of several events of a moment any may be first: the others get their own moment.",
            &columns,
        );
        self.add(steps, "valued", "The latest value before the moment, for all of its events.", &spread);
    }

    /// Whether a moment is parted from the one before it, whatever came before that; said on its first row.
    pub(super) fn parted(&self, steps: &mut Steps) {
        let (own, rule) = (&self.own, self.rule);
        let mut branches = vec![
            (format!("{} IS NULL", own.previous), "'first'"),
            (format!("{} = {}", own.previous, own.instant), "NULL"),
        ];
        branches.extend(self.pairwise(
            &own.previous,
            &own.previous_ends,
            &own.previous_pause,
            &own.previous_day,
        ));
        if rule.start_when().is_some() {
            branches.push((format!("{} = 1", own.moment_starts), "'start_when'"));
        }
        let mut columns = vec![(case(&branches, None), own.parted_by.clone())];
        if self.can_belong_nowhere() || !rule.split_on().is_empty() || self.is_walked() {
            let is_first = format!("{} IS NULL OR {} <> {}", own.previous, own.previous, own.instant);
            columns.push((flag(&is_first), own.is_first.clone()));
        }
        self.add(
            steps,
            "parted",
            "Why a moment is parted from the one before it, on the first row of the moment.",
            &columns,
        );
    }

    /// What a value is compared by: where NULL is one, it is told from no value at all, which passive moments have.
    pub(super) fn standing(&self, value: &str) -> String {
        if self.keeps_values() {
            return value.to_owned();
        }
        let told = format!("COALESCE('=' || {value}, '')");
        match self.rule.passive_when() {
            Some(_) => format!("CASE WHEN {} = 0 THEN {told} END", self.own.moment_passive),
            None => told,
        }
    }
}
