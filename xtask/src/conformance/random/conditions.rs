//! Random conditions over columns whose values are hard to compare, to quote or to match.

use super::rng::Rng;

/// Values of text columns.
pub(super) const TEXTS: [Option<&str>; 17] = [
    None,
    Some(""),
    Some("a"),
    Some("B"),
    Some("b"),
    Some("login"),
    Some("Login"),
    Some("it's"),
    Some("a\\b"),
    Some("100%"),
    Some("a_c"),
    Some("abc"),
    Some("a!c"),
    Some("ä"),
    Some("Ä"),
    Some("日本"),
    Some("${x}"),
];
/// Values of a column of doubles.
pub(super) const SCORES: [Option<&str>; 8] =
    [None, Some("0.5"), Some("0.1"), Some("NaN"), Some("1e300"), Some("-7.25"), Some("2"), Some("-1e300")];
/// Values of a column of unsigned numbers, which doubles would not tell apart.
pub(super) const AMOUNTS: [Option<&str>; 7] = [
    None,
    Some("0"),
    Some("5"),
    Some("9007199254740992"),
    Some("9007199254740993"),
    Some("18446744073709551614"),
    Some("18446744073709551615"),
];

const NUMBERS: [&str; 7] = ["0", "10", "-5", "0.5", "0.1", "1.50", "-7.25"];
const WHOLE: [&str; 5] = ["0", "5", "9007199254740993", "18446744073709551615", "-1"];
const PATTERNS: [&str; 14] =
    ["%", "", "a%", "%b", "_", "%\\%", "a\\_c", "%o%i%", "__", "a\\\\b", "%'%", "a!c", "%{%", "_\\_%"];

/// A condition over `kind` and `campaign` (texts), `bot`, `plan` (whole numbers), `score` and `amount`.
pub(super) fn condition(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 || rng.chance(40) {
        return comparison(rng);
    }
    match rng.below(5) {
        0 => format!("({}) AND ({})", condition(rng, depth - 1), condition(rng, depth - 1)),
        1 => format!("({}) OR ({})", condition(rng, depth - 1), condition(rng, depth - 1)),
        2 => format!("NOT ({})", condition(rng, depth - 1)),
        3 => {
            let (truth, not) = (rng.pick(&["TRUE", "FALSE"]), not(rng));
            format!("({}) IS {not}{truth}", condition(rng, depth - 1))
        }
        _ => {
            let parts = [(); 3].map(|()| format!("({})", condition(rng, depth - 1)));
            format!("{} AND {} OR {}", parts[0], parts[1], parts[2])
        }
    }
}

fn comparison(rng: &mut Rng) -> String {
    let not = not(rng);
    match rng.below(12) {
        0 => format!("{} {} {}", text(rng), operator(rng), literal(rng)),
        1 => format!("{} {} {}", text(rng), operator(rng), text(rng)),
        2 => format!("{} {not}IN ({}, {})", text(rng), literal(rng), literal(rng)),
        3 => format!("{} {not}BETWEEN {} AND {}", text(rng), literal(rng), literal(rng)),
        4 | 5 => format!("{} {not}LIKE {}", text(rng), quoted(rng.pick(&PATTERNS))),
        6 => format!("{} IS {not}NULL", rng.pick(&["kind", "plan", "score", "bot", "amount"])),
        7 => format!("{} {} {}", rng.pick(&["plan", "score"]), operator(rng), rng.pick(&NUMBERS)),
        8 => format!("{} {} {}", rng.pick(&NUMBERS), operator(rng), rng.pick(&["plan", "score"])),
        9 => format!("amount {} {}", operator(rng), rng.pick(&WHOLE)),
        10 => format!(
            "{} {not}IN ({}, {})",
            rng.pick(&["plan", "score"]),
            rng.pick(&NUMBERS),
            rng.pick(&NUMBERS)
        ),
        _ => rng
            .pick(&["bot", "bot = false", "coalesce(bot, false)", "plan NOT BETWEEN 9.5 AND 10"])
            .to_owned(),
    }
}

fn text(rng: &mut Rng) -> String {
    match rng.below(7) {
        0 => format!("lower({})", column(rng)),
        1 => format!("upper({})", column(rng)),
        2 => format!("coalesce({}, {})", column(rng), literal(rng)),
        _ => column(rng).to_owned(),
    }
}

fn column(rng: &mut Rng) -> &'static str {
    rng.pick(&["kind", "campaign"])
}

fn literal(rng: &mut Rng) -> String {
    quoted(rng.pick(&TEXTS).unwrap_or("none"))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn operator(rng: &mut Rng) -> &'static str {
    rng.pick(&["=", "<>", "<", "<=", ">", ">="])
}

fn not(rng: &mut Rng) -> &'static str {
    rng.pick(&["", "NOT "])
}
