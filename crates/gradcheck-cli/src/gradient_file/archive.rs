//! The arrays of a `.npz` file, which is a zip archive of `.npy` files.
//!
//! Reads the corner of zip that NumPy writes: entries stored or deflated, neither encrypted nor
//! beyond 4 GB. Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16. Nothing is
//! unpacked before its size is known to be possible.

use std::borrow::Cow;
use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::gradient_file::{GradientError, GradientProblem, NamedBlock, npy};
use crate::input_error::Place;

/// Deflate never packs better than 1 : 1032; an entry that claims more is a bomb or a wreck.
const GREATEST_RATIO: u64 = 1032;

/// One file of the archive, as the central directory describes it.
struct Entry {
    name: String,
    flags: u16,
    method: u16,
    checksum: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

/// The arrays of the archive `bytes`, in its order. Entries that are no `.npy` are skipped, as
/// NumPy does.
pub(super) fn blocks(bytes: &[u8], place: &Place) -> Result<Vec<NamedBlock>, GradientError> {
    let entries = directory(bytes).map_err(|problem| place.clone().error(problem))?;
    let mut blocks = Vec::new();
    for entry in &entries {
        let Some(name) = entry.name.strip_suffix(".npy") else {
            continue;
        };
        let place = place.clone().block(name);
        let content = content(bytes, entry).map_err(|problem| place.clone().error(problem))?;
        blocks.push(npy::block(&content, name, &place)?);
    }
    Ok(blocks)
}

fn corrupt(detail: &str) -> GradientProblem {
    GradientProblem::Corrupt {
        format: "npz",
        detail: detail.to_owned(),
    }
}

/// The central directory: every entry, in the order of the archive.
fn directory(bytes: &[u8]) -> Result<Vec<Entry>, GradientProblem> {
    const END: &[u8] = b"PK\x05\x06";
    const LONGEST_COMMENT: usize = 0xffff;
    let from = bytes.len().saturating_sub(END_SIZE + LONGEST_COMMENT);
    let end = bytes[from..]
        .windows(END_SIZE)
        .rposition(|window| window.starts_with(END))
        .ok_or_else(|| corrupt("it is no zip archive, or its end is cut off"))?;
    let end = &bytes[from + end..];
    let short = || corrupt("its directory is cut off");
    let count = u16_at(end, 10).ok_or_else(short)?;
    let start = u32_at(end, 16).ok_or_else(short)?;
    if count == u16::MAX || start == u32::MAX {
        return Err(GradientProblem::UnsupportedArchive(
            "an archive beyond 4 GB",
        ));
    }
    let mut rest = bytes.get(start as usize..).ok_or_else(short)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (entry, after) = directory_entry(rest).ok_or_else(short)?;
        entries.push(entry);
        rest = after;
    }
    // Entries that share their bytes could unpack to any size.
    let packed: u64 = entries.iter().map(|entry| u64::from(entry.packed)).sum();
    if packed > bytes.len() as u64 {
        return Err(corrupt("its entries overlap, or it is cut off"));
    }
    Ok(entries)
}

/// Bytes of the end record without its comment.
const END_SIZE: usize = 22;

fn directory_entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    const FIXED: usize = 46;
    let record = bytes.strip_prefix(b"PK\x01\x02").and(Some(bytes))?;
    let length = |at| u16_at(record, at).map(usize::from);
    let name_length = length(28)?;
    let name = record.get(FIXED..FIXED + name_length)?;
    let entry = Entry {
        name: String::from_utf8_lossy(name).into_owned(),
        flags: u16_at(record, 8)?,
        method: u16_at(record, 10)?,
        checksum: u32_at(record, 16)?,
        packed: u32_at(record, 20)?,
        size: u32_at(record, 24)?,
        offset: u32_at(record, 42)?,
    };
    let rest = record.get(FIXED + name_length + length(30)? + length(32)?..)?;
    Some((entry, rest))
}

/// The unpacked bytes of `entry`.
fn content<'a>(archive: &'a [u8], entry: &Entry) -> Result<Cow<'a, [u8]>, GradientProblem> {
    if entry.flags & 1 != 0 {
        return Err(GradientProblem::UnsupportedArchive("encryption"));
    }
    if entry.size == u32::MAX || entry.packed == u32::MAX {
        return Err(GradientProblem::UnsupportedArchive("an array beyond 4 GB"));
    }
    let packed = packed(archive, entry).ok_or_else(|| corrupt("an entry is cut off"))?;
    let size = u64::from(entry.size);
    let content = match entry.method {
        0 => Cow::Borrowed(packed),
        8 => {
            if size > (packed.len() as u64).saturating_mul(GREATEST_RATIO) {
                return Err(corrupt("an entry claims an impossible size"));
            }
            let mut content = Vec::new();
            DeflateDecoder::new(packed)
                .take(size + 1)
                .read_to_end(&mut content)
                .map_err(|_| corrupt("an entry can't be unpacked"))?;
            Cow::Owned(content)
        }
        _ => {
            return Err(GradientProblem::UnsupportedArchive(
                "this kind of compression",
            ));
        }
    };
    let mut checksum = Crc::new();
    checksum.update(&content);
    if content.len() as u64 != size || checksum.sum() != entry.checksum {
        return Err(corrupt("an entry's size or checksum is wrong"));
    }
    Ok(content)
}

/// The bytes of `entry` as they stand in the archive, after its local header.
fn packed<'a>(archive: &'a [u8], entry: &Entry) -> Option<&'a [u8]> {
    const FIXED: usize = 30;
    let local = archive.get(entry.offset as usize..)?;
    if !local.starts_with(b"PK\x03\x04") {
        return None;
    }
    let start = FIXED + usize::from(u16_at(local, 26)?) + usize::from(u16_at(local, 28)?);
    local.get(start..start.checked_add(entry.packed as usize)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|chunk| u32::from_le_bytes(*chunk))
}
