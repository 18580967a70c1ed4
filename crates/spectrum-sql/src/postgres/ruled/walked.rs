//! Sessions by a walk from start to start, where a session's end depends on its start.
//!
//! Windows say of every moment where a session that begins there ends. All that is left is to follow, key by key, the way
//! from the first session to the next: a recursive query over two arrays, which never looks anything up by joining, so
//! that no plan can make it slow.

use super::Ruled;

impl Ruled<'_> {
    /// The steps from `parted` to `sessions`, as [`Self::windowed`] gives them.
    pub(super) fn walked(&self) -> Vec<String> {
        let (key, time, own) = (&self.key, &self.time, &self.own);
        let name = |wanted: &str| self.events.own_name(wanted);
        let number = &own.number;
        let (until, next, untils, openers) = (name("until"), name("opener"), name("untils"), name("openers"));
        let mut steps = self.turns();
        let mut ends = vec![format!("MIN(CASE WHEN {} THEN {number} END) OVER later", name("is_parted"))];
        let mut windows = vec![format!(
            "later AS (PARTITION BY {key} ORDER BY {number} DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        )];
        if self.keeps_values() {
            ends.push(format!("MIN({}) OVER from_here", name("other_value")));
            windows.push(format!("from_here AS (PARTITION BY {key} ORDER BY {number} DESC)"));
        }
        if let Some(longer) = self.longer_than_longest() {
            ends.push(format!("FIRST_VALUE({number}) OVER too_late"));
            windows.push(format!(
                "too_late AS (PARTITION BY {key} ORDER BY {time} RANGE BETWEEN {longer} FOLLOWING AND UNBOUNDED FOLLOWING)"
            ));
        }
        if self.most_events().is_some() {
            // A moment alone may have more.
            let beyond = name("number_of_next");
            ends.push(format!("CASE WHEN {beyond} = {number} THEN {number} + 1 ELSE {beyond} END"));
        }
        let opens = match self.can_belong_nowhere() {
            false => number.clone(),
            true => {
                if !self.keeps_values() {
                    windows.push(format!("from_here AS (PARTITION BY {key} ORDER BY {number} DESC)"));
                }
                format!("COALESCE(MIN(CASE WHEN {} THEN {number} END) OVER from_here, 0)", own.active)
            }
        };
        let (turns, ends) = (
            if self.keeps_values() { "changes" } else { "turns" },
            ends.join(",\n                           "),
        );
        steps.push(format!(
            "\
ends AS (
  SELECT {key}, {number},
         COALESCE(LEAST({ends}), 0) AS {until},
         {opens} AS {next}
  FROM {turns}
  WINDOW {})",
            windows.join(",\n         ")
        ));
        steps.push(format!(
            "\
paths AS (
  SELECT {key}, ARRAY_AGG({until} ORDER BY {number}) AS {untils}, ARRAY_AGG({next} ORDER BY {number}) AS {openers}
  FROM ends
  GROUP BY {key})"
        ));
        steps.push(format!(
            "\
starts AS (
  SELECT {key}, walk.at AS {number}, {untils}[walk.at] AS {until}
  FROM paths, LATERAL (
    WITH RECURSIVE walk (at) AS (
      SELECT {openers}[1] WHERE {openers}[1] > 0
      UNION ALL
      SELECT {openers}[{untils}[at]] FROM walk WHERE {openers}[{untils}[at]] > 0)
    SELECT at FROM walk) AS walk)"
        ));
        steps.extend(self.located(&until));
        steps
    }

    /// One row per moment, with what the walk asks of it.
    fn turns(&self) -> Vec<String> {
        let (key, time, own) = (&self.key, &self.time, &self.own);
        let name = |wanted: &str| self.events.own_name(wanted);
        let mut parted = format!("{} IS NOT NULL", own.parted_by);
        if self.nulls_split() && !self.rule.split_on().is_empty() {
            parted = format!("{parted} OR {} IS NOT NULL", own.differs_from);
        }
        let mut columns =
            vec![format!("MIN({time}) AS {time}"), format!("BOOL_OR({parted}) AS {}", name("is_parted"))];
        if self.can_belong_nowhere() {
            columns.push(format!("BOOL_OR({0}) AS {0}", own.active));
        }
        if self.most_events().is_some() {
            let beyond = name("number_of_next");
            columns.push(format!("MIN({beyond}) AS {beyond}"));
        }
        let keeps = self.keeps_values();
        for at in self.splits().filter(|_| keeps) {
            let value = self.of_split("value", at);
            columns.push(format!("MIN({value}) AS {}", self.of_split("least", at)));
            columns.push(format!("MAX({value}) AS {}", self.of_split("greatest", at)));
        }
        let mut steps = vec![format!(
            "turns AS (\n  SELECT {key}, {}, {}\n  FROM parted\n  GROUP BY {key}, {})",
            own.number,
            columns.join(",\n         "),
            own.number
        )];
        if keeps {
            steps.push(self.changes());
        }
        steps
    }

    /// The next moment with a value of a column, if that is another one.
    fn changes(&self) -> String {
        let (key, number) = (&self.key, &self.own.number);
        let mut windows = Vec::new();
        let of_column = self.splits().map(|at| {
            let (least, greatest) = (self.of_split("least", at), self.of_split("greatest", at));
            let window = format!("valued_{}", at + 1);
            windows.push(format!("{window} AS (PARTITION BY {key}, {greatest} IS NULL ORDER BY {number})"));
            format!(
                "CASE WHEN LEAD({least}) OVER {window} <> {greatest} OR LEAD({greatest}) OVER {window} <> {greatest} \
                 THEN LEAD({number}) OVER {window} END"
            )
        });
        let of_column: Vec<String> = of_column.collect();
        let other = match of_column.as_slice() {
            [one] => one.clone(),
            several => format!("LEAST({})", several.join(",\n                  ")),
        };
        format!(
            "changes AS (\n  SELECT *, {other} AS {}\n  FROM turns\n  WINDOW {})",
            self.events.own_name("other_value"),
            windows.join(",\n         ")
        )
    }

    /// The starts put among the events, which then count them.
    fn located(&self, until: &str) -> Vec<String> {
        let (key, time, own) = (&self.key, &self.time, &self.own);
        let number = &own.number;
        let mut kept = vec![time.clone()];
        kept.extend(self.kept_for_reasons());
        let kept = format!("{}, {}", self.others, kept.join(", "));
        // Nothing, but of the column's type to its length: a bare NULL would take that from both.
        let of_event = format!("{}, {time}", self.others);
        let nothing: Vec<String> = kept
            .split(", ")
            .map(|column| match of_event.split(", ").any(|known| known == column) {
                true => format!("(SELECT {column} FROM parted LIMIT 0)"),
                false => "NULL".to_owned(),
            })
            .collect();
        let last = self.events.own_name("ends_at");
        vec![
            format!(
                "\
placed AS (
  SELECT *, COUNT({until}) OVER (PARTITION BY {key} ORDER BY {number}) AS {}
  FROM (SELECT {key}, {number}, {kept}, NULL::BIGINT AS {until} FROM parted
        UNION ALL
        SELECT {key}, {number}, {}, {until} FROM starts) AS events_and_starts)",
                own.session,
                nothing.join(", ")
            ),
            format!(
                "\
bounded AS (
  SELECT *, MAX({until}) OVER session AS {last}, MIN({time}) OVER session AS {}
  FROM placed
  WINDOW session AS (PARTITION BY {key}, {}))",
                self.events.own_name("opened_at"),
                own.session
            ),
            format!(
                "\
sessions AS (
  SELECT *, CASE WHEN {} > 0 AND ({last} = 0 OR {number} < {last}) THEN {} END AS {}
  FROM bounded
  WHERE {until} IS NULL)",
                own.session,
                self.events.own_name("opened_at"),
                own.started
            ),
        ]
    }

    /// Whether a column keeps its value where a moment has none.
    fn keeps_values(&self) -> bool {
        !self.rule.split_on().is_empty() && !self.nulls_split()
    }

    /// The least difference from a session's start that is too much.
    fn longer_than_longest(&self) -> Option<String> {
        let longest = self.rule.max_duration()?.nanoseconds();
        let unit = self.events.time.unit();
        // No two times are further apart than this.
        let units = i64::try_from(longest / unit).ok().filter(|units| *units < i64::MAX)?;
        Some(self.events.time.length((u64::try_from(units).ok()? + 1).checked_mul(unit)?))
    }
}
