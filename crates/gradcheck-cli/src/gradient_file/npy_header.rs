//! The header of a `.npy` file: a Python dictionary of the element type, the order and the shape.
//!
//! Source: the format's specification, `numpy.lib.format`, versions 1.0 to 3.0. Reads exactly the
//! literals that it allows, without recursion: a reader of any Python literal can be made to
//! overflow the stack by sixty thousand opening brackets.

use crate::gradient_file::elements::Element;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The type as NumPy writes it, such as `<f8`.
    pub(super) descr: String,
    /// Whether the first index runs fastest.
    pub(super) fortran_order: bool,
    /// The dimensions.
    pub(super) shape: Vec<usize>,
}

/// The header of the file `bytes`, and what follows it; or what is wrong.
pub(super) fn split(bytes: &[u8]) -> Result<(Header, &[u8]), &'static str> {
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .ok_or("it doesn't start with \\x93NUMPY")?;
    let ([major, _minor], rest) = rest.split_first_chunk().ok_or("it ends in the version")?;
    let short = "it ends in the header";
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk().ok_or(short)?;
            (u32::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk().ok_or(short)?;
            (u32::from_le_bytes(*length), rest)
        }
        _ => return Err("its version is none of 1, 2 and 3"),
    };
    let (text, data) = rest.split_at_checked(length as usize).ok_or(short)?;
    let text = std::str::from_utf8(text).map_err(|_| "its header is no text")?;
    Ok((dictionary(text)?, data))
}

fn dictionary(text: &str) -> Result<Header, &'static str> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut text = Literals(text);
    text.expect('{')?;
    while !text.accept('}') {
        let key = text.string()?;
        text.expect(':')?;
        match key {
            "descr" if text.starts_with('[') => return Err("it is a structured array"),
            "descr" => descr = Some(text.string()?.to_owned()),
            "fortran_order" => fortran_order = Some(text.truth()?),
            "shape" => shape = Some(text.tuple()?),
            _ => return Err("its header has an unknown key"),
        }
        if !text.accept(',') {
            text.expect('}')?;
            break;
        }
    }
    if !text.0.trim().is_empty() {
        return Err("its header goes on after the dictionary");
    }
    let missing = "its header lacks descr, fortran_order or shape";
    Ok(Header {
        descr: descr.ok_or(missing)?,
        fortran_order: fortran_order.ok_or(missing)?,
        shape: shape.ok_or(missing)?,
    })
}

impl Header {
    /// The type of a number and whether it is big-endian; `None` for what is no real number.
    pub(super) fn element(&self) -> Option<(Element, bool)> {
        let big_endian = match self.descr.chars().next()? {
            '<' | '|' => false,
            '>' => true,
            '=' => cfg!(target_endian = "big"),
            _ => return None,
        };
        let element = match self.descr.get(1..)? {
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
}

/// The rest of a text of Python literals.
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

    fn expect(&mut self, character: char) -> Result<(), &'static str> {
        if self.accept(character) {
            Ok(())
        } else {
            Err("its header is no Python dictionary")
        }
    }

    fn string(&mut self) -> Result<&'a str, &'static str> {
        let mark = if self.starts_with('"') { '"' } else { '\'' };
        self.expect(mark)?;
        let (text, rest) = self
            .0
            .split_once(mark)
            .ok_or("its header has an open string")?;
        self.0 = rest;
        Ok(text)
    }

    fn truth(&mut self) -> Result<bool, &'static str> {
        self.0 = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err("fortran_order is neither True nor False")
    }

    fn tuple(&mut self) -> Result<Vec<usize>, &'static str> {
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
                    .map_err(|_| "its shape is no tuple of sizes")?,
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
