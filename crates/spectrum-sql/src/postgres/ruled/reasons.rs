//! Why each session began.

use super::{Ruled, case};

impl Ruled<'_> {
    /// What of an event has to be known for that, after its session is found.
    pub(super) fn kept_for_reasons(&self) -> Vec<String> {
        let (own, rule) = (&self.own, self.rule);
        let mut kept = vec![own.parted_by.clone()];
        kept.extend(rule.start_when().map(|_| own.starts.clone()));
        kept.extend(rule.end_when().map(|_| own.ends.clone()));
        kept.extend((!rule.gap_when().is_empty()).then(|| own.allowed.clone()));
        kept.extend((!rule.split_on().is_empty()).then(|| own.differs_from.clone()));
        kept
    }

    /// The steps from `sessions` to `named`.
    pub(super) fn reasons(&self) -> Vec<String> {
        let (time, own) = (&self.time, &self.own);
        let begins = format!("{time} = {}", own.started);
        let looks_back = self.can_belong_nowhere() || self.is_walked();
        let (mut steps, from, reason) = if looks_back {
            (vec![self.after()], "after", self.asked_again())
        } else {
            let otherwise = match self.rule.split_on() {
                [] => own.parted_by.clone(),
                _ => format!("COALESCE({}, 'split_on')", own.parted_by),
            };
            (Vec::new(), "sessions", otherwise)
        };
        let kept = [&self.key, &self.others, time];
        let kept: Vec<String> = kept.into_iter().cloned().chain(self.kept_for_reasons()).collect();
        let session = match self.can_belong_nowhere() {
            true => format!("CASE WHEN {} IS NOT NULL THEN {1} END AS {1}", own.started, own.session),
            false => own.session.clone(),
        };
        steps.push(format!(
            "\
reasons AS (
  SELECT {}, {session}, {},
         CASE WHEN {begins} THEN {reason} END AS {}
  FROM {from})",
            kept.join(", "),
            own.started,
            own.begins_by
        ));
        steps.push(format!(
            "\
named AS (
  SELECT *, MAX({}) OVER (PARTITION BY {}, {}) AS {}
  FROM reasons)",
            own.begins_by, self.key, own.session, own.started_by
        ));
        steps
    }

    /// The moment before among those that belong to sessions.
    fn after(&self) -> String {
        let (key, time, own, rule) = (&self.key, &self.time, &self.own, self.rule);
        let last = |name: &str| self.events.own_name(&format!("last_{name}"));
        let mut columns = vec![
            format!("MAX({time}) OVER before AS {}", last("occurred_at")),
            format!("MAX({}) OVER before AS {}", own.started, last("started_at")),
        ];
        if rule.end_when().is_some() {
            columns.push(format!("BOOL_OR({}) OVER before AS {}", own.ends, last("ends_session")));
        }
        if !rule.gap_when().is_empty() {
            columns.push(format!("MAX({}) OVER before AS {}", own.allowed, last("longest_pause")));
        }
        let mut windows = Vec::new();
        if rule.start_when().is_some() {
            let starts = self.events.own_name("moment_starts");
            columns.push(format!("BOOL_OR({}) OVER moment AS {starts}", own.starts));
            windows.push(format!("moment AS (PARTITION BY {key}, {time})"));
        }
        let belongs =
            if self.can_belong_nowhere() { format!(", {} IS NULL", own.started) } else { String::new() };
        windows.push(format!(
            "before AS (PARTITION BY {key}{belongs} ORDER BY {time} GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)"
        ));
        format!(
            "after AS (\n  SELECT *, {}\n  FROM sessions\n  WINDOW {})",
            columns.join(",\n            "),
            windows.join(",\n         ")
        )
    }

    /// The first thing that is true of the session before, or what is left.
    fn asked_again(&self) -> String {
        let (time, own, rule) = (&self.time, &self.own, self.rule);
        let last = |name: &str| self.events.own_name(&format!("last_{name}"));
        let earlier = last("occurred_at");
        let mut branches = vec![(format!("{earlier} IS NULL"), "first")];
        branches.extend(self.pairwise(time, &earlier, &last("ends_session"), &last("longest_pause")));
        if rule.start_when().is_some() {
            branches.push((self.events.own_name("moment_starts"), "start_when"));
        }
        if !rule.split_on().is_empty() {
            branches.push((format!("{} >= {}", own.differs_from, last("started_at")), "split_on"));
        }
        let longest = rule.max_duration().map(|longest| self.events.time.length(longest.nanoseconds()));
        branches.extend(longest.map(|longest| {
            (format!("{} > {longest}", self.events.time.pause(time, &last("started_at"))), "max_duration")
        }));
        let otherwise = if rule.max_events().is_some() { "'max_events'" } else { "" };
        case(&branches, otherwise, 29)
    }
}
