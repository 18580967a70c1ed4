//! Every moment beside the one before it.

use super::{Ruled, case};

/// The moment before, whatever it has: one group of equal times further up.
const BEFORE: &str = "GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING";

impl Ruled<'_> {
    /// The step that looks at the moment before, and the one that says what follows from that.
    pub(super) fn moments(&self) -> Vec<String> {
        let (key, time, own, rule) = (&self.key, &self.time, &self.own, self.rule);
        let mut columns = vec![format!("MAX({time}) OVER previous AS {}", own.previous)];
        let mut windows = vec![format!("previous AS (PARTITION BY {key} ORDER BY {time} {BEFORE})")];
        if self.is_walked() {
            let number = format!("DENSE_RANK() OVER (PARTITION BY {key} ORDER BY {time})");
            columns.push(format!("{number} AS {}", own.number));
        } else {
            let lag = format!("LAG({time}) OVER (PARTITION BY {key} ORDER BY {time})");
            columns.push(format!("{lag} IS DISTINCT FROM {time} AS {}", own.is_first));
        }
        if rule.end_when().is_some() {
            columns.push(format!("BOOL_OR({}) OVER previous AS {}", own.ends, own.previous_ends));
        }
        if !rule.gap_when().is_empty() {
            columns.push(format!("MAX({}) OVER previous AS {}", own.allowed, own.previous_allowed));
        }
        if rule.passive_when().is_some() {
            columns.push(format!("BOOL_OR(NOT {}) OVER moment AS {}", own.passive, own.active));
        }
        if rule.passive_when().is_some() || self.nulls_split() {
            windows.push(format!("moment AS (PARTITION BY {key}, {time})"));
        }
        for at in self.splits() {
            let value = self.of_split("value", at);
            // Among events with a value the group before is the latest moment that has one; where NULL is a value, the
            // latest active moment.
            let window = match (self.nulls_split(), rule.passive_when()) {
                (false, _) => {
                    let window = format!("valued_{}", at + 1);
                    windows.push(format!(
                        "{window} AS (PARTITION BY {key}, {value} IS NULL ORDER BY {time} {BEFORE})"
                    ));
                    window
                }
                (true, None) => "previous".to_owned(),
                (true, Some(_)) => {
                    if at == 0 {
                        windows.push(format!(
                            "active AS (PARTITION BY {key}, {} ORDER BY {time} {BEFORE})",
                            own.passive
                        ));
                    }
                    "active".to_owned()
                }
            };
            columns.push(format!("MAX({value}) OVER {window} AS {}", self.of_split("prev_value", at)));
            columns.push(format!("MAX({time}) OVER {window} AS {}", self.of_split("prev_value_at", at)));
            if self.nulls_split() {
                columns.push(format!("MAX({value}) OVER moment AS {}", self.of_split("moment_value", at)));
            }
        }
        let moments = format!(
            "moments AS (\n  SELECT *, {}\n  FROM {}\n  WINDOW {})",
            columns.join(",\n            "),
            self.heard(),
            windows.join(",\n         ")
        );
        vec![moments, self.parted()]
    }

    /// Whether a moment is parted from the one before it, whatever came before that.
    fn parted(&self) -> String {
        let (key, time, own, rule) = (&self.key, &self.time, &self.own, self.rule);
        let first = (format!("{} IS NULL", own.previous), "first");
        let mut branches: Vec<_> = std::iter::once(first)
            .chain(self.pairwise(time, &own.previous, &own.previous_ends, &own.previous_allowed))
            .collect();
        let mut of_moment = false;
        if rule.start_when().is_some() {
            branches.push((format!("BOOL_OR({}) OVER moment", own.starts), "start_when"));
            of_moment = true;
        }
        let mut columns = vec![format!("{} AS {}", case(&branches, "", 12), own.parted_by)];
        let differs: Vec<String> = self.splits().map(|at| self.differs(at)).collect();
        if !differs.is_empty() {
            let latest = match differs.as_slice() {
                [one] => one.clone(),
                several => format!("GREATEST({})", several.join(",\n                     ")),
            };
            columns.push(format!("{latest} AS {}", own.differs_from));
            of_moment = true;
        }
        if let Some(most) = self.most_events() {
            // Of the first event of a moment: where the session would have one more event than it may.
            columns.push(format!(
                "LEAD({}, {most}) OVER (PARTITION BY {key} ORDER BY {time}) AS {}",
                own.number,
                self.events.own_name("number_of_next")
            ));
        }
        let moment = if of_moment {
            format!("\n  WINDOW moment AS (PARTITION BY {key}, {time})")
        } else {
            String::new()
        };
        format!("parted AS (\n  SELECT *, {}\n  FROM moments{moment})", columns.join(",\n            "))
    }

    /// The instant of the latest moment with a value of a column, if this moment has another.
    fn differs(&self, at: usize) -> String {
        let (value, before) = (self.of_split("value", at), self.of_split("prev_value", at));
        let mut other = format!("{value} <> {before}");
        if self.nulls_split() {
            let of_moment = self.of_split("moment_value", at);
            other = format!("({other} OR ({of_moment} IS NULL) <> ({before} IS NULL))");
            if self.rule.passive_when().is_some() {
                other = format!("NOT {} AND {other}", self.own.passive);
            }
        }
        format!("MAX(CASE WHEN {other} THEN {} END) OVER moment", self.of_split("prev_value_at", at))
    }

    /// The most events of a session, if a key can have more than that.
    pub(super) fn most_events(&self) -> Option<i32> {
        // LEAD looks no further ahead than 32 bits, and no key has as many events.
        self.rule.max_events().and_then(|most| i32::try_from(most).ok())
    }
}
