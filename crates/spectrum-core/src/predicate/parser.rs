//! The grammar: from the words of a predicate to its tree. What binds more tightly comes later, as in PostgreSQL: OR, AND,
//! NOT, IS, comparisons.

use super::decimal::Decimal;
use super::error::{PredicateProblem, Problem};
use super::kinds::{ColumnKinds, Kinds};
use super::lexer::{Token, tokens};
use super::like::pattern;
use super::tree::{Comparison, Condition, EventColumn, Literal, Value, ValueKind};
use super::{DEEPEST, LONGEST};

/// The tree of a predicate, and its columns with their kinds.
pub(super) type Parsed = (Condition, ColumnKinds);

pub(super) fn parse(text: &str) -> Result<Parsed, Problem> {
    if text.len() > LONGEST {
        return Err(Problem { at: 0, problem: PredicateProblem::TooLong(text.len()) });
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err(Problem { at: 0, problem: PredicateProblem::Empty });
    }
    let mut parser = Parser { tokens, next: 0, end: text.len(), depth: 0, kinds: Kinds::default() };
    let node = parser.any_of()?;
    let condition = parser.condition(node)?;
    match parser.peek() {
        Some(_) => Err(parser.unexpected("AND, OR or the end")),
        None => Ok((condition, parser.kinds.finish()?)),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
    kinds: Kinds,
}

/// What a part of the text is, before it is known whether a value or a condition is meant.
struct Node {
    at: usize,
    what: Meaning,
}

enum Meaning {
    Condition(Condition),
    Value(Value),
}

type Read<T> = Result<T, Problem>;

/// Words that are not names of columns unless they stand in quotes.
const KEYWORDS: [&str; 11] =
    ["and", "or", "not", "in", "is", "between", "like", "null", "true", "false", "coalesce"];

/// Words that begin what conditions do not have.
const NOT_SUPPORTED: [&str; 12] = [
    "case",
    "cast",
    "exists",
    "select",
    "ilike",
    "similar",
    "any",
    "all",
    "interval",
    "date",
    "timestamp",
    "escape",
];

impl Parser {
    /// Conditions with OR between them.
    fn any_of(&mut self) -> Read<Node> {
        self.chain("or", Self::all_of, Condition::Or)
    }

    /// Conditions with AND between them.
    fn all_of(&mut self) -> Read<Node> {
        self.chain("and", Self::not, Condition::And)
    }

    fn chain(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Read<Node>,
        join: impl Fn(Vec<Condition>) -> Condition,
    ) -> Read<Node> {
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let at = first.at;
        let mut parts = vec![self.condition(first)?];
        while self.take_word(word) {
            let next = part(self)?;
            parts.push(self.condition(next)?);
        }
        Ok(Node { at, what: Meaning::Condition(join(parts)) })
    }

    fn not(&mut self) -> Read<Node> {
        let at = self.place();
        if !self.take_word("not") {
            return self.is();
        }
        let of = self.deeper(Self::not)?;
        let of = self.condition(of)?;
        Ok(Node { at, what: Meaning::Condition(Condition::Not(Box::new(of))) })
    }

    /// A comparison, and what IS says of it.
    fn is(&mut self) -> Read<Node> {
        let node = self.comparison()?;
        if !self.take_word("is") {
            return Ok(node);
        }
        let at = node.at;
        let negated = self.take_word("not");
        let condition = if self.take_word("null") {
            match node.what {
                Meaning::Value(of) => Condition::IsNull { of, negated },
                Meaning::Condition(_) => {
                    return Err(Problem {
                        at,
                        problem: PredicateProblem::NotSupported("a condition IS NULL".to_owned()),
                    });
                }
            }
        } else {
            let truth = match (self.take_word("true"), self.is_word("false")) {
                (true, _) => true,
                (false, true) => !self.take_word("false"),
                (false, false) => return Err(self.unexpected("NULL, TRUE or FALSE")),
            };
            Condition::Is { of: Box::new(self.condition(node)?), truth, negated }
        };
        Ok(Node { at, what: Meaning::Condition(condition) })
    }

    fn comparison(&mut self) -> Read<Node> {
        let left = self.primary()?;
        let at = left.at;
        let operator = match self.peek() {
            Some(Token::Symbol(symbol)) => match *symbol {
                "=" => Some(Comparison::Equal),
                "<>" | "!=" => Some(Comparison::NotEqual),
                "<" => Some(Comparison::Less),
                "<=" => Some(Comparison::LessOrEqual),
                ">" => Some(Comparison::Greater),
                ">=" => Some(Comparison::GreaterOrEqual),
                "+" | "-" => {
                    return Err(self.here(PredicateProblem::NotSupported((*symbol).to_owned())));
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(operator) = operator {
            self.next += 1;
            let left = self.value(left)?;
            let right_at = self.place();
            let right = self.primary()?;
            let right = self.value(right)?;
            self.kinds.compare(&left, &right, right_at)?;
            if operator.orders() && self.kinds.of(&left) == Some(ValueKind::Boolean) {
                return Err(Problem {
                    at,
                    problem: PredicateProblem::NotSupported(format!(
                        "{} between booleans",
                        operator.symbol()
                    )),
                });
            }
            return Ok(Node { at, what: Meaning::Condition(Condition::Compare { left, operator, right }) });
        }
        let negated = self.is_word("not") && self.take_word("not");
        let condition = if self.take_word("in") {
            let value = self.value(left)?;
            self.list(value, negated)?
        } else if self.take_word("between") {
            let value = self.value(left)?;
            let (low_at, low) = (self.place(), self.primary()?);
            let low = self.value(low)?;
            self.kinds.compare(&value, &low, low_at)?;
            if !self.take_word("and") {
                return Err(self.unexpected("AND"));
            }
            let (high_at, high) = (self.place(), self.primary()?);
            let high = self.value(high)?;
            self.kinds.compare(&value, &high, high_at)?;
            if self.kinds.of(&value) == Some(ValueKind::Boolean) {
                let problem = PredicateProblem::NotSupported("BETWEEN booleans".to_owned());
                return Err(Problem { at, problem });
            }
            Condition::Between { value, low, high, negated }
        } else if self.take_word("like") {
            let value = self.value(left)?;
            self.kinds.expect(&value, ValueKind::Text, at)?;
            let pattern_at = self.place();
            match self.take() {
                Some(Token::Text(text)) => {
                    let pattern = pattern(&text)
                        .ok_or(Problem { at: pattern_at, problem: PredicateProblem::OpenEscape })?;
                    Condition::Like { value, pattern, negated }
                }
                _ => {
                    self.next -= 1;
                    return Err(self.unexpected("a pattern in single quotes"));
                }
            }
        } else if negated {
            return Err(self.unexpected("IN, BETWEEN or LIKE"));
        } else {
            return Ok(left);
        };
        Ok(Node { at, what: Meaning::Condition(condition) })
    }

    /// The literals of IN.
    fn list(&mut self, value: Value, negated: bool) -> Read<Condition> {
        self.symbol("(", "an opening parenthesis")?;
        let mut list = Vec::new();
        loop {
            let at = self.place();
            let node = self.primary()?;
            let literal = self.value(node)?;
            self.kinds.compare(&value, &literal, at)?;
            let Value::Literal(literal) = literal else {
                let problem = PredicateProblem::Expected { expected: "a literal", found: None };
                return Err(Problem { at, problem });
            };
            list.push(literal);
            if !self.take_symbol(",") {
                break;
            }
        }
        self.symbol(")", "a comma or a closing parenthesis")?;
        Ok(Condition::In { value, list, negated })
    }

    fn primary(&mut self) -> Read<Node> {
        let at = self.place();
        let value = |value| Ok(Node { at, what: Meaning::Value(value) });
        let Some(token) = self.take() else { return Err(self.missing("a column or a literal")) };
        match token {
            Token::Text(text) => value(Value::Literal(Literal::Text(text))),
            Token::Number(digits) => value(number(&digits, "", at)?),
            Token::Symbol(sign @ ("-" | "+")) => match self.take() {
                Some(Token::Number(digits)) => value(number(&digits, sign, at)?),
                _ => Err(Problem { at, problem: PredicateProblem::NotSupported(sign.to_owned()) }),
            },
            Token::Symbol("(") => {
                let inner = self.deeper(Self::any_of)?;
                self.symbol(")", "a closing parenthesis")?;
                Ok(Node { at, what: inner.what })
            }
            Token::Quoted(column) => self.column(column, at),
            Token::Word(word) => {
                let lower = word.to_ascii_lowercase();
                let called = self.peek() == Some(&Token::Symbol("("));
                match (lower.as_str(), called) {
                    ("true", false) => value(Value::Literal(Literal::Boolean(true))),
                    ("false", false) => value(Value::Literal(Literal::Boolean(false))),
                    ("null", _) => Err(Problem { at, problem: PredicateProblem::ComparesWithNull }),
                    ("lower" | "upper" | "coalesce", true) => self.function(&lower, at),
                    (_, true) => Err(Problem { at, problem: PredicateProblem::NotSupported(word) }),
                    (name, false) if NOT_SUPPORTED.contains(&name) && self.peek().is_some_and(is_operand) => {
                        Err(Problem { at, problem: PredicateProblem::NotSupported(word) })
                    }
                    (name, false) if KEYWORDS.contains(&name) => {
                        self.next -= 1;
                        Err(self.unexpected("a column or a literal"))
                    }
                    (_, false) => self.column(word, at),
                }
            }
            Token::Symbol(_) => {
                self.next -= 1;
                Err(self.unexpected("a column or a literal"))
            }
        }
    }

    fn column(&mut self, name: String, at: usize) -> Read<Node> {
        let mut column = EventColumn::whole(name);
        if self.take_symbol("->>") {
            match self.take() {
                Some(Token::Text(member)) => column.member = Some(member),
                _ => {
                    self.next -= 1;
                    return Err(self.unexpected("the name of a member in single quotes"));
                }
            }
        }
        self.kinds.read(&column, at)?;
        Ok(Node { at, what: Meaning::Value(Value::Column(column)) })
    }

    fn function(&mut self, name: &str, at: usize) -> Read<Node> {
        self.symbol("(", "an opening parenthesis")?;
        let mut arguments: Vec<Value> = Vec::new();
        loop {
            let argument_at = self.place();
            let argument = self.deeper(Self::primary)?;
            let argument = self.value(argument)?;
            if name == "coalesce" {
                if let Some(first) = arguments.first() {
                    self.kinds.compare(first, &argument, argument_at)?;
                }
            } else {
                self.kinds.expect(&argument, ValueKind::Text, argument_at)?;
            }
            arguments.push(argument);
            if name != "coalesce" || !self.take_symbol(",") {
                break;
            }
        }
        self.symbol(
            ")",
            if name == "coalesce" { "a comma or a closing parenthesis" } else { "a closing parenthesis" },
        )?;
        if name == "coalesce" && arguments.len() < 2 {
            let problem = PredicateProblem::Expected { expected: "a second value of coalesce", found: None };
            return Err(Problem { at, problem });
        }
        let what = match (name, arguments.pop()) {
            ("coalesce", Some(last)) => {
                arguments.push(last);
                Value::Coalesce(arguments)
            }
            ("lower", Some(only)) => Value::Lower(Box::new(only)),
            (_, Some(only)) => Value::Upper(Box::new(only)),
            (_, None) => return Err(self.missing("a value")),
        };
        Ok(Node { at, what: Meaning::Value(what) })
    }

    /// What was read, as a condition.
    fn condition(&mut self, node: Node) -> Read<Condition> {
        let value = match node.what {
            Meaning::Condition(condition) => return Ok(condition),
            Meaning::Value(value) => value,
        };
        match self.kinds.of(&value) {
            Some(kind) if kind != ValueKind::Boolean => {
                Err(Problem { at: node.at, problem: PredicateProblem::NotACondition(kind) })
            }
            _ => {
                self.kinds.expect(&value, ValueKind::Boolean, node.at)?;
                Ok(Condition::Value(value))
            }
        }
    }

    /// What was read, as a value.
    fn value(&self, node: Node) -> Read<Value> {
        match node.what {
            Meaning::Value(value) => Ok(value),
            Meaning::Condition(_) => Err(Problem {
                at: node.at,
                problem: PredicateProblem::Expected {
                    expected: "a value",
                    found: Some("a condition".to_owned()),
                },
            }),
        }
    }

    fn deeper<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEEPEST {
            return Err(self.here(PredicateProblem::TooDeep));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    /// The next word, gone past. At the end it goes past nothing, so that one step back is always right.
    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += 1;
        token
    }

    /// Where the next word begins.
    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn is_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let is = self.is_word(keyword);
        self.next += usize::from(is);
        is
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Symbol(next)) if *next == symbol);
        self.next += usize::from(is);
        is
    }

    fn symbol(&mut self, symbol: &'static str, words: &'static str) -> Read<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected(words)) }
    }

    fn here(&self, problem: PredicateProblem) -> Problem {
        Problem { at: self.place(), problem }
    }

    fn unexpected(&self, expected: &'static str) -> Problem {
        if self.is_word("ilike") {
            let instead = "lower(...) LIKE and a pattern in small letters";
            return self.here(PredicateProblem::Instead { found: "ILIKE", instead });
        }
        let found = self.peek().map(|token| match token {
            Token::Word(word) | Token::Number(word) => format!("'{word}'"),
            Token::Quoted(name) => format!("\"{name}\""),
            Token::Text(text) => format!("the text '{text}'"),
            Token::Symbol(symbol) => format!("'{symbol}'"),
        });
        self.here(PredicateProblem::Expected { expected, found })
    }

    fn missing(&self, expected: &'static str) -> Problem {
        Problem { at: self.end, problem: PredicateProblem::Expected { expected, found: None } }
    }
}

fn is_operand(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Quoted(_) | Token::Text(_) | Token::Number(_))
        && !matches!(token, Token::Word(word) if KEYWORDS.contains(&word.to_ascii_lowercase().as_str()))
}

fn number(digits: &str, sign: &str, at: usize) -> Read<Value> {
    let text = format!("{sign}{digits}");
    match Decimal::parse(&text) {
        Some(number) => Ok(Value::Literal(Literal::Number(number))),
        None => Err(Problem { at, problem: PredicateProblem::NotANumber(text) }),
    }
}
