//! Lists of numbers in JSON.
//!
//! Takes Python's `NaN` and `Infinity`, which are no JSON but what `json.dump` writes. Knows lists
//! and objects, not what their names stand for.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::gradient_file::{GradientError, GradientProblem, NamedBlock, UNNAMED};
use crate::input_error::{Place, excerpt};
use crate::source_file::FileProblem;

/// The blocks in `bytes`, in their order.
pub(super) fn blocks(bytes: &[u8], place: &Place) -> Result<Vec<NamedBlock>, GradientError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        let detail = "it is no UTF-8 text".to_owned();
        place.clone().error(GradientProblem::Corrupt {
            format: "json",
            detail,
        })
    })?;
    if text.trim().is_empty() {
        return Err(place.clone().error(FileProblem::Empty).widen());
    }
    let (text, quoted) = quote_bare_words(text);
    let node: Node = serde_json::from_str(&text).map_err(|error| {
        // A text that ends too early is said to end in column 0 of a line that is not there.
        let (line, column) = match (error.line(), error.column()) {
            (line, 0) => (line.saturating_sub(1).max(1), None),
            (line, column) => (line, Some(column)),
        };
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(what, _)| what);
        let place = Place {
            line: Some(line as u64),
            ..place.clone()
        };
        // Quoting moved the columns.
        let place = match column {
            Some(column) if !quoted => place.column(column),
            _ => place,
        };
        place.error(GradientProblem::Json(message.to_owned()))
    })?;
    let mut blocks = Vec::new();
    collect(node, String::new(), place, &mut blocks)?;
    Ok(blocks)
}

/// A JSON value that may be part of a gradient.
enum Node {
    Number(f64),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Appends the blocks of `node`; `name` is the keys on the way to it, joined by dots.
fn collect(
    node: Node,
    name: String,
    place: &Place,
    blocks: &mut Vec<NamedBlock>,
) -> Result<(), GradientError> {
    if let Node::Object(entries) = node {
        for (key, node) in entries {
            let name = if name.is_empty() {
                key
            } else {
                format!("{name}.{key}")
            };
            collect(node, name, place, blocks)?;
        }
        return Ok(());
    }
    let mut shape = Vec::new();
    let mut level = &node;
    while let Node::List(entries) = level {
        shape.push(entries.len());
        let Some(first) = entries.first() else {
            break;
        };
        level = first;
    }
    let mut values = Vec::new();
    let named = if name.is_empty() {
        place.clone()
    } else {
        place.clone().block(&name)
    };
    flatten(&node, &shape, &mut Vec::new(), &mut values).map_err(|problem| named.error(problem))?;
    let name = if name.is_empty() {
        UNNAMED.to_owned()
    } else {
        name
    };
    blocks.push(NamedBlock {
        name,
        shape,
        values,
    });
    Ok(())
}

/// Appends the numbers of `node`, which stands at the indices `at` and must have this shape.
fn flatten(
    node: &Node,
    shape: &[usize],
    at: &mut Vec<usize>,
    values: &mut Vec<f64>,
) -> Result<(), GradientProblem> {
    match (node, shape) {
        (Node::Number(value), []) => values.push(*value),
        (Node::List(entries), [size, inner @ ..]) => {
            let (expected, got) = (*size, entries.len());
            if got != expected {
                return Err(GradientProblem::RaggedList {
                    at: format!("{at:?}"),
                    expected,
                    got,
                });
            }
            for (index, entry) in entries.iter().enumerate() {
                at.push(index);
                flatten(entry, inner, at, values)?;
                at.pop();
            }
        }
        (node, shape) => {
            return Err(GradientProblem::MixedList {
                at: format!("{at:?}"),
                expected: if shape.is_empty() {
                    "a number"
                } else {
                    "a list"
                },
                got: node.kind(),
            });
        }
    }
    Ok(())
}

/// Puts quotation marks around bare `NaN`, `Infinity` and `-Infinity`, and says whether there were any.
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
        if let Some(word) = WORDS.into_iter().find(|word| text[at..].starts_with(word)) {
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

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// Reads a [`Node`], so that serde_json names the line of what is none. It bounds the depth, too.
struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
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
                "the text \"{}\" is no number",
                excerpt(text)
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Node::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = object.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Object(entries))
    }
}
