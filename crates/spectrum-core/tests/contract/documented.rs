//! The examples of docs/rules.md and docs/recipes.md: every drawing is what the rule beside it gives, and so is the SQL that
//! one would write by hand.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampSecondArray};
use spectrum_core::{DefinitionFile, RuleParts, SessionDefinition, sessionize};
use spectrum_testkit::PrivatePostgres;

const RULES: &str = include_str!("../../../../docs/rules.md");
const RECIPES: &str = include_str!("../../../../docs/recipes.md");

/// A fenced block: the words behind the fence, and the lines within.
struct Block {
    kind: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(kind) => {
                inside = !inside;
                if inside {
                    blocks.push(Block { kind: kind.to_owned(), text: String::new() });
                }
            }
            None if inside => {
                let text = &mut blocks.last_mut().unwrap().text;
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// What a drawing says of an event's session: its number and, where that is said, why it began.
type Drawn = Option<(u64, Option<String>)>;

/// A drawing: the events of one user from left to right.
struct Timeline {
    /// Seconds.
    times: Vec<i64>,
    columns: Vec<(String, Vec<Option<String>>)>,
    before: Vec<Drawn>,
    after: Vec<Drawn>,
}

impl Timeline {
    fn read(text: &str) -> Self {
        let mut timeline =
            Self { times: Vec::new(), columns: Vec::new(), before: Vec::new(), after: Vec::new() };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap();
            match name {
                "time" => timeline.times = words.map(seconds).collect(),
                "before" => timeline.before = drawn(words),
                "after" => timeline.after = drawn(words),
                _ => {
                    let values = words.map(|word| (word != "NULL").then(|| word.to_owned()));
                    timeline.columns.push((name.to_owned(), values.collect()));
                }
            }
        }
        let events = timeline.times.len();
        assert!(events > 1 && timeline.columns.iter().all(|(_, values)| values.len() == events), "{text}");
        timeline
    }

    fn sessions(&self, definition: &SessionDefinition) -> Vec<Option<(u64, String)>> {
        let user: ArrayRef = Arc::new(StringArray::from(vec!["ann"; self.times.len()]));
        let time: ArrayRef = Arc::new(TimestampSecondArray::from(self.times.clone()));
        let columns = self.columns.iter().map(|(name, values)| -> (&str, ArrayRef, bool) {
            (name, Arc::new(values.iter().map(Option::as_deref).collect::<StringArray>()), true)
        });
        let all = [("user_id", user, true), ("occurred_at", time, true)].into_iter().chain(columns);
        let batch = RecordBatch::try_from_iter_with_nullable(all).unwrap();
        let sessionized = sessionize(&[batch], definition).unwrap();
        let sessions = sessionized.sessions();
        let answer = |session| (sessions.number(session), sessions.started_by(session).name().to_owned());
        sessionized.events().map(|session| session.map(answer)).collect()
    }

    /// What a query gives, by the number of the event.
    fn query(&self, sql: &str) -> Vec<Option<u64>> {
        let quoted = |value: &Option<String>| {
            value.as_ref().map_or_else(|| "NULL".to_owned(), |value| format!("'{value}'"))
        };
        let names: String = self.columns.iter().map(|(name, _)| format!(", {name}")).collect();
        let rows = self.times.iter().enumerate().map(|(row, at)| {
            let values: String =
                self.columns.iter().map(|(_, values)| format!(", {}", quoted(&values[row]))).collect();
            format!("({row}, 'ann', TIMESTAMP 'epoch' + {at} * INTERVAL '1 second'{values})")
        });
        let types = self.columns.iter().map(|(name, _)| {
            let ty = if name.starts_with("is_") { "BOOLEAN" } else { "TEXT" };
            format!(", {name} {ty}")
        });
        let script = format!(
            "CREATE TEMP TABLE events (event_id INT, user_id TEXT, occurred_at TIMESTAMP{});
             INSERT INTO events (event_id, user_id, occurred_at{names}) VALUES {};
             COPY (SELECT session_seq FROM ({sql}) AS answer ORDER BY event_id) TO STDOUT;",
            types.collect::<String>(),
            rows.collect::<Vec<_>>().join(", ")
        );
        let printed = PrivatePostgres::shared().unwrap().run_script(&script).unwrap();
        let number = |line: &str| (line != "\\N").then(|| line.parse().unwrap());
        let answers =
            printed.lines().filter(|line| line.bytes().all(|b| b.is_ascii_digit()) || *line == "\\N");
        answers.map(number).collect()
    }
}

/// Clock times, each later than the one before.
fn seconds(clock: &str) -> i64 {
    let parts = clock.split(':').map(|part| part.parse::<i64>().unwrap());
    parts.chain([0]).take(3).fold(0, |all, part| all * 60 + part)
}

/// Numbers, each with a reason behind it or not; dashes are a session that goes on.
fn drawn<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Drawn> {
    let mut drawn: Vec<Drawn> = Vec::new();
    for word in words.filter(|word| !word.bytes().all(|b| b == b'-')) {
        match word.parse() {
            Ok(number) => drawn.push(Some((number, None))),
            Err(_) if word == "none" => drawn.push(None),
            Err(_) => drawn.last_mut().unwrap().as_mut().unwrap().1 = Some(word.to_owned()),
        }
    }
    drawn
}

fn definition(toml: &str) -> SessionDefinition {
    DefinitionFile::from_toml(toml).unwrap().definition.key(["user_id"]).build().unwrap()
}

fn assert_drawn(drawn: &[Drawn], got: &[Option<(u64, String)>], what: &str) {
    assert_eq!(drawn.len(), got.len(), "{what}");
    for (drawn, got) in drawn.iter().zip(got) {
        let number = drawn.as_ref().map(|(number, _)| *number);
        assert_eq!(number, got.as_ref().map(|(number, _)| *number), "{what}");
        if let (Some((_, Some(reason))), Some((_, got))) = (drawn, got) {
            assert_eq!(reason, got, "{what}");
        }
    }
}

#[test]
fn every_drawing_is_true_and_so_is_the_sql_beside_it() {
    let blocks = blocks(RULES);
    let template = blocks.iter().find(|block| block.kind == "sql template").unwrap();
    let (mut drawings, mut queries) = (0, 0);
    for three in blocks.windows(3).filter(|three| three[1].kind == "text timeline") {
        let [rule, drawing, sql] = three else { unreachable!("windows of three") };
        assert_eq!((rule.kind.as_str(), sql.kind.as_str()), ("toml", "sql"), "{}", drawing.text);
        let timeline = Timeline::read(&drawing.text);
        let with_rule = definition(&rule.text);
        let gap_alone = RuleParts { gap: Some(with_rule.gap()), ..RuleParts::default() };
        let gap_alone = SessionDefinition::builder().key(["user_id"]).rule(gap_alone).build().unwrap();
        assert_drawn(&timeline.before, &timeline.sessions(&gap_alone), &drawing.text);
        let sessions = timeline.sessions(&with_rule);
        assert_drawn(&timeline.after, &sessions, &drawing.text);
        assert_ne!(timeline.before, timeline.after, "{} shows nothing", drawing.text);
        drawings += 1;

        let is_query = sql.text.starts_with("SELECT") || sql.text.starts_with("WITH");
        let query = if is_query { sql.text.clone() } else { template.text.replace("...", &sql.text) };
        let numbers: Vec<_> =
            sessions.iter().map(|session| session.as_ref().map(|(number, _)| *number)).collect();
        assert_eq!(timeline.query(&query), numbers, "{query}");
        queries += 1;
    }
    assert_eq!((drawings, queries), (12, 12));
}

#[test]
fn every_recipe_is_a_definition_with_rules() {
    let recipes: Vec<_> = blocks(RECIPES).into_iter().filter(|block| block.kind == "toml").collect();
    assert_eq!(recipes.len(), 7);
    for recipe in recipes {
        let definition = SessionDefinition::from_toml(&recipe.text).unwrap();
        assert!(!definition.rule().is_plain_gap(), "{}", recipe.text);
    }
}
