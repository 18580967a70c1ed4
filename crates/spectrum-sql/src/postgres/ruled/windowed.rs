//! Sessions by windows: inside the segments that neighbouring moments give.

use super::Ruled;

impl Ruled<'_> {
    /// The steps from `parted` to `sessions`, where every event has the number and the first instant of its session;
    /// NULL for the instant where it belongs to none.
    pub(super) fn windowed(&self) -> Vec<String> {
        let (key, time, own) = (&self.key, &self.time, &self.own);
        if self.rule.split_on().is_empty() && !self.can_belong_nowhere() {
            return vec![self.counted("parted", &format!("{} IS NOT NULL", own.parted_by), key)];
        }
        let segment = self.events.own_name("segment");
        let mut steps = vec![format!(
            "\
segments AS (
  SELECT *, MAX(CASE WHEN {} IS NOT NULL THEN {time} END) OVER (PARTITION BY {key} ORDER BY {time}) AS {segment}
  FROM parted)",
            own.parted_by
        )];
        // Moments of passive events before the first active one belong to no session.
        let (from, opens) = match self.can_belong_nowhere() {
            false => ("segments", segment.clone()),
            true => {
                let opens = self.events.own_name("opens_at");
                steps.push(format!(
                    "\
opened AS (
  SELECT *, MIN(CASE WHEN {} THEN {time} END) OVER (PARTITION BY {key}, {segment}) AS {opens}
  FROM segments)",
                    own.active
                ));
                ("opened", opens)
            }
        };
        let mut begins = format!("{time} = {opens}");
        if !self.rule.split_on().is_empty() {
            begins = format!("({begins} OR {} >= {segment})", own.differs_from);
        }
        steps.push(self.counted(from, &begins, &format!("{key}, {segment}")));
        steps
    }

    fn counted(&self, from: &str, begins: &str, within: &str) -> String {
        let (key, time, own) = (&self.key, &self.time, &self.own);
        format!(
            "\
sessions AS (
  SELECT *, COUNT(CASE WHEN {} AND {begins} THEN 1 END) OVER (PARTITION BY {key} ORDER BY {time}) AS {},
            MAX(CASE WHEN {begins} THEN {time} END) OVER (PARTITION BY {within} ORDER BY {time}) AS {}
  FROM {from})",
            own.is_first, own.session, own.started
        )
    }
}
