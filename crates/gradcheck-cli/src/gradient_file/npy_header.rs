//! The header of a `.npy` file: a Python dictionary of the element type, the order and the shape.
//!
//! Source: the format's specification, `numpy.lib.format`, versions 1.0 to 3.0. Reads exactly the
//! literals that it allows, without recursion: sixty thousand opening brackets overflow the stack of
//! a reader of arbitrary Python literals.

use crate::gradient_file::GradientProblem;
use crate::gradient_file::elements::Element;

/// The entries of the header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The type as NumPy writes it, such as `<f8`.
    pub(super) descr: String,
    /// Whether the first index runs fastest.
    pub(super) fortran_order: bool,
    /// The dimensions.
    pub(super) shape: Vec<usize>,
}

/// Parses the text of a header.
pub(super) fn parse(text: &str) -> Result<Header, GradientProblem> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut text = Literals(text);
    text.expect('{')?;
    while !text.accept('}') {
        let key = text.string()?;
        text.expect(':')?;
        let is_first = match key {
            "descr" if text.starts_with('[') => return Err(GradientProblem::Structured),
            "descr" => descr.replace(text.string()?.to_owned()).is_none(),
            "fortran_order" => fortran_order.replace(text.truth()?).is_none(),
            "shape" => shape.replace(text.tuple()?).is_none(),
            _ => return Err(corrupt("its header has an unknown key")),
        };
        if !is_first {
            let detail = format!("its header has the key {key} twice");
            return Err(corrupt(&detail));
        }
        if !text.accept(',') {
            text.expect('}')?;
            break;
        }
    }
    if !text.0.trim().is_empty() {
        return Err(corrupt("its header continues after the dictionary"));
    }
    let missing = || corrupt("its header lacks descr, fortran_order or shape");
    Ok(Header {
        descr: descr.ok_or_else(missing)?,
        fortran_order: fortran_order.ok_or_else(missing)?,
        shape: shape.ok_or_else(missing)?,
    })
}

fn corrupt(detail: &str) -> GradientProblem {
    GradientProblem::corrupt("npy", detail)
}

/// The type of a number and whether it is big-endian; `None` if it is not a real number.
pub(super) fn element(descr: &str) -> Option<(Element, bool)> {
    let mut rest = descr.chars();
    let big_endian = match rest.next()? {
        '<' | '|' => false,
        '>' => true,
        '=' => cfg!(target_endian = "big"),
        _ => return None,
    };
    let element = match rest.as_str() {
        "f2" => Element::Float16,
        "f4" => Element::Float32,
        "f8" => Element::Float64,
        "i1" => Element::Signed(1),
        "i2" => Element::Signed(2),
        "i4" => Element::Signed(4),
        "i8" => Element::Signed(8),
        "u1" => Element::Unsigned(1),
        "u2" => Element::Unsigned(2),
        "u4" => Element::Unsigned(4),
        "u8" => Element::Unsigned(8),
        _ => return None,
    };
    Some((element, big_endian))
}

/// The error for a type that is not a real number.
pub(super) fn unsupported(descr: String) -> GradientProblem {
    match descr.trim_start_matches(['<', '>', '|', '=']) {
        // How NumPy writes a type that it does not know, such as those of ml_dtypes.
        "V2" => GradientProblem::NamelessType(descr),
        _ => GradientProblem::UnsupportedType(descr),
    }
}

/// The rest of a text of Python literals that is still to be parsed.
struct Literals<'a>(&'a str);

impl<'a> Literals<'a> {
    fn starts_with(&mut self, character: char) -> bool {
        self.0 = self.0.trim_start();
        self.0.starts_with(character)
    }

    fn accept(&mut self, character: char) -> bool {
        let found = self.starts_with(character);
        if found {
            self.0 = &self.0[character.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, character: char) -> Result<(), GradientProblem> {
        if self.accept(character) {
            Ok(())
        } else {
            Err(corrupt("its header is not a Python dictionary"))
        }
    }

    fn string(&mut self) -> Result<&'a str, GradientProblem> {
        let mark = if self.starts_with('"') { '"' } else { '\'' };
        self.expect(mark)?;
        let (text, rest) = self
            .0
            .split_once(mark)
            .ok_or_else(|| corrupt("its header has an unclosed string"))?;
        self.0 = rest;
        Ok(text)
    }

    fn truth(&mut self) -> Result<bool, GradientProblem> {
        self.0 = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(corrupt("fortran_order is neither True nor False"))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, GradientProblem> {
        let mut sizes = Vec::new();
        self.expect('(')?;
        while !self.accept(')') {
            self.0 = self.0.trim_start();
            let end = self
                .0
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.0.len());
            let (digits, rest) = self.0.split_at(end);
            sizes.push(
                digits
                    .parse()
                    .map_err(|_| corrupt("its shape is not a tuple of sizes"))?,
            );
            // Python 2 wrote its long integers with an L.
            self.0 = rest.strip_prefix('L').unwrap_or(rest);
            if !self.accept(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(sizes)
    }
}
