//! Lists of numbers in JSON.
//!
//! Accepts Python's `NaN` and `Infinity`, which are not JSON but which `json.dump` writes. Invariant: knows
//! nothing of what the names of lists and objects stand for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::gradient_file::{
    GradientError, GradientProblem, LONGEST_NAME, NamedBlock, StoredAs, UNNAMED,
};

use crate::input_error::{Place, excerpt, message};
use crate::source_file::{FileProblem, Room};

/// A JSON value that may be part of a gradient.
pub(super) enum Node {
    Number(f64),
    /// A list of nothing but numbers.
    Numbers(Vec<f64>),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Parses the value in `bytes`.
pub(super) fn parse(bytes: &[u8], place: &Place, room: &mut Room) -> Result<Node, GradientError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        let problem = GradientProblem::corrupt("json", "it is not UTF-8 text");
        place.clone().error(problem)
    })?;
    if text.trim().is_empty() {
        return Err(place.clone().error(FileProblem::Empty).widen());
    }
    let (text, quoted) = quote_bare_words(text);
    let reading = Reading {
        room: &RefCell::new(room),
        full: &RefCell::new(None),
    };
    let mut json = serde_json::Deserializer::from_str(&text);
    let node = reading
        .deserialize(&mut json)
        .and_then(|node| json.end().map(|()| node));
    node.map_err(|error| {
        if let Some(problem) = reading.full.take() {
            return place.clone().error(problem).widen();
        }
        // serde_json reports a text that ends too early at column 0 of a line that does not exist.
        let (line, column) = match (error.line(), error.column()) {
            (line, 0) => (line.saturating_sub(1).max(1), None),
            (line, column) => (line, Some(column)),
        };
        let said = error.to_string();
        let said = said
            .rsplit_once(" at line ")
            .map_or(said.as_str(), |(what, _)| what);
        let place = Place {
            line: Some(line as u64),
            ..place.clone()
        };
        // Quoting moved the columns.
        let place = match column {
            Some(column) if !quoted => place.column(column),
            _ => place,
        };
        place.error(GradientProblem::Json(message(said)))
    })
}

/// The blocks of a value, in their order.
pub(super) fn blocks(
    node: Node,
    place: &Place,
    room: &mut Room,
) -> Result<Vec<NamedBlock>, GradientError> {
    let mut blocks = Vec::new();
    collect(node, String::new(), place, room, &mut blocks)?;
    Ok(blocks)
}

/// The lists of numbers in a value that is one such list, or a list of them; otherwise the value itself.
pub(super) fn lists(node: Node) -> Result<Vec<Vec<f64>>, Node> {
    match node {
        Node::Numbers(numbers) => Ok(vec![numbers]),
        Node::List(entries) if entries.iter().all(|e| matches!(e, Node::Numbers(_))) => Ok(entries
            .into_iter()
            .filter_map(|entry| match entry {
                Node::Numbers(numbers) => Some(numbers),
                _ => None,
            })
            .collect()),
        other => Err(other),
    }
}

impl Node {
    fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Numbers(_) | Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The shape that the first entries have.
    fn shape(&self) -> Vec<usize> {
        let mut shape = Vec::new();
        let mut level = self;
        loop {
            match level {
                Self::List(entries) => {
                    shape.push(entries.len());
                    match entries.first() {
                        Some(first) => level = first,
                        None => return shape,
                    }
                }
                Self::Numbers(numbers) => {
                    shape.push(numbers.len());
                    return shape;
                }
                Self::Number(_) | Self::Object(_) => return shape,
            }
        }
    }
}

/// Appends the blocks of `node`; `name` is the path of keys to it, joined by dots.
fn collect(
    node: Node,
    name: String,
    place: &Place,
    room: &mut Room,
    blocks: &mut Vec<NamedBlock>,
) -> Result<(), GradientError> {
    if let Node::Object(entries) = node {
        let mut keys = HashSet::new();
        let twice = entries.iter().find(|(key, _)| !keys.insert(key.as_str()));
        if let Some((key, _)) = twice {
            let name = joined(&name, key);
            return Err(place.clone().block(name).error(GradientProblem::Duplicate));
        }
        for (key, node) in entries {
            let length = name.len() + key.len();
            if length > LONGEST_NAME {
                return Err(place.clone().error(GradientProblem::LongName {
                    length,
                    start: joined(&name, &key),
                }));
            }
            room.take::<u8>(length)
                .and_then(|()| room.take::<NamedBlock>(1))
                .map_err(|problem| place.clone().error(problem).widen())?;
            collect(node, joined(&name, &key), place, room, blocks)?;
        }
        return Ok(());
    }
    let shape = node.shape();
    let mut values = Vec::new();
    match node {
        // The usual case, without a second copy.
        Node::Numbers(numbers) => values = numbers,
        node => {
            let named = match name.is_empty() {
                true => place.clone(),
                false => place.clone().block(&name),
            };
            flatten(node, &shape, &mut Vec::new(), &mut values)
                .map_err(|problem| named.error(problem))?;
        }
    }
    blocks.push(NamedBlock {
        name: match name.is_empty() {
            true => UNNAMED.to_owned(),
            false => name,
        },
        shape,
        values,
        stored: StoredAs::F64,
    });
    Ok(())
}

fn joined(name: &str, key: &str) -> String {
    match name.is_empty() {
        true => key.to_owned(),
        false => format!("{name}.{key}"),
    }
}

/// Appends the numbers of `node`, which is at the indices `at` and must have the shape `shape`.
fn flatten(
    node: Node,
    shape: &[usize],
    at: &mut Vec<usize>,
    values: &mut Vec<f64>,
) -> Result<(), GradientProblem> {
    let mixed = |at: &[usize], got| GradientProblem::MixedList {
        at: format!("{at:?}"),
        expected: match shape.len() {
            0 => "a number",
            _ => "a list",
        },
        got,
    };
    let ragged = |at: &[usize], expected, got| GradientProblem::RaggedList {
        at: format!("{at:?}"),
        expected,
        got,
    };
    match (node, shape) {
        (Node::Number(value), []) => values.push(value),
        (Node::Numbers(numbers), &[size, ref inner @ ..]) => {
            if numbers.len() != size {
                return Err(ragged(at, size, numbers.len()));
            }
            if !inner.is_empty() && size > 0 {
                at.push(0);
                return Err(mixed(at, "a number"));
            }
            values.extend(numbers);
        }
        (Node::List(entries), &[size, ref inner @ ..]) => {
            if entries.len() != size {
                return Err(ragged(at, size, entries.len()));
            }
            for (index, entry) in entries.into_iter().enumerate() {
                at.push(index);
                flatten(entry, inner, at, values)?;
                at.pop();
            }
        }
        (node, _) => return Err(mixed(at, node.kind())),
    }
    Ok(())
}

/// Puts quotation marks around bare `NaN`, `Infinity` and `-Infinity` where they are values and not keys, and returns
/// whether there were any.
fn quote_bare_words(text: &str) -> (Cow<'_, str>, bool) {
    const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
    let mut replaced = String::new();
    let mut copied = 0;
    let (mut in_string, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        in_string = character == '"';
        // The word after a minus is already copied with it.
        if at < copied || !matches!(character, 'N' | 'I' | '-') {
            continue;
        }
        let word = WORDS.into_iter().find(|word| text[at..].starts_with(word));
        let after = |word: &str| text[at + word.len()..].trim_start();
        if let Some(word) = word.filter(|word| !after(word).starts_with(':')) {
            replaced.push_str(&text[copied..at]);
            replaced.extend(["\"", word, "\""]);
            copied = at + word.len();
        }
    }
    if replaced.is_empty() {
        return (Cow::Borrowed(text), false);
    }
    replaced.push_str(&text[copied..]);
    (Cow::Owned(replaced), true)
}

/// Reads a [`Node`] as serde_json parses, so that an error names the line, and so that the depth is bounded.
#[derive(Clone, Copy)]
struct Reading<'a, 'b> {
    room: &'a RefCell<&'b mut Room>,
    /// The error for a value that did not fit into the room.
    full: &'a RefCell<Option<FileProblem>>,
}

impl Reading<'_, '_> {
    fn take<T, E: Error>(self, count: usize) -> Result<(), E> {
        self.room.borrow_mut().take::<T>(count).map_err(|problem| {
            let error = E::custom(&problem);
            *self.full.borrow_mut() = Some(problem);
            error
        })
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_, '_> {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number, a list or an object")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        match text {
            "NaN" => Ok(Node::Number(f64::NAN)),
            "Infinity" => Ok(Node::Number(f64::INFINITY)),
            "-Infinity" => Ok(Node::Number(f64::NEG_INFINITY)),
            _ => Err(E::custom(format!(
                "the text \"{}\" is not a number",
                excerpt(text)
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        // The node itself, and the overhead of an allocation.
        self.take::<Node, _>(2)?;
        let (mut numbers, mut entries) = (Vec::new(), Vec::new());
        while let Some(entry) = list.next_element_seed(self)? {
            match entry {
                Node::Number(number) if entries.is_empty() => {
                    self.take::<f64, _>(1)?;
                    numbers.push(number);
                }
                entry => {
                    self.take::<Node, _>(1 + numbers.len())?;
                    entries.extend(numbers.drain(..).map(Node::Number));
                    entries.push(entry);
                }
            }
        }
        Ok(match entries.is_empty() {
            true => Node::Numbers(numbers),
            false => Node::List(entries),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        self.take::<Node, _>(2)?;
        let mut entries = Vec::new();
        while let Some(key) = object.next_key::<String>()? {
            self.take::<(String, Node), _>(1)?;
            self.take::<u8, _>(key.len())?;
            entries.push((key, object.next_value_seed(self)?));
        }
        Ok(Node::Object(entries))
    }
}
