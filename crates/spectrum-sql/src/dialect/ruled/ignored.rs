//! Events that are ignored, which go with the moment before them.

use super::Ruled;
use super::steps::Steps;

impl Ruled<'_> {
    /// The steps that lend each event what the latest moment that has a say has, or its own.
    pub(super) fn ignored(&self, steps: &mut Steps) {
        if self.rule.ignore_when().is_none() {
            return;
        }
        let (own, rule, key) = (&self.own, self.rule, self.key());
        let heard = format!("{} = 1", own.heard);
        let last_heard = format!(
            "MAX(CASE WHEN {heard} THEN {} END) OVER (PARTITION BY {key} ORDER BY {}\n                              {})",
            own.instant,
            self.order(),
            super::UP_TO_HERE
        );
        self.add(
            steps,
            "ordered",
            "The latest moment that has a say, for ignored events.",
            &[(last_heard, own.last_heard.clone())],
        );
        let belongs = match self.can_belong_nowhere() {
            true => format!("{heard} AND {}", self.belongs()),
            false => heard.clone(),
        };
        let lent = |when: &str, value: &str, to: &str| {
            let sql = format!(
                "MAX(CASE WHEN {when} THEN {value} END) OVER (PARTITION BY {key}, {})",
                own.last_heard
            );
            (sql, to.to_owned())
        };
        let mut columns = vec![
            lent(&belongs, &own.number, &own.last_number),
            lent(&belongs, &own.started, &own.last_started),
            lent(&belongs, &own.begun_by, &own.last_begun_by),
        ];
        columns.extend(rule.end_when().map(|_| lent(&heard, &own.moment_ends, &own.last_ends)));
        columns
            .extend((!rule.gap_when().is_empty()).then(|| lent(&heard, &own.moment_pause, &own.last_pause)));
        columns.extend(rule.split_at().map(|_| lent(&heard, &own.day, &own.last_day)));
        self.add(steps, "lent", "What that moment has.", &columns);
    }

    /// Whether an ignored event goes with the latest moment that has a say.
    pub(super) fn goes_along(&self) -> String {
        let own = &self.own;
        let parted = self.pairwise(&own.last_heard, &own.last_ends, &own.last_pause, &own.last_day);
        let parted: Vec<String> = parted.into_iter().map(|(condition, _)| condition).collect();
        format!(
            "{} = 1 AND ({} = {} OR NOT ({}))",
            own.ignored,
            own.instant,
            own.last_heard,
            parted.join(" OR ")
        )
    }
}
