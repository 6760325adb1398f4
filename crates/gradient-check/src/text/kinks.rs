//! Kinks by name: what has one at or near the point, along which coordinate.
//!
//! Reads the report; names are the model's.

use crate::Report;
use crate::report::KinkReport;
use crate::settings::NamedKink;

use super::numbers::short;
use super::style::wrapped;

/// How many kinks are shown: three are enough to know where to look.
const MOST_LINES: usize = 3;

/// A line for each of a few kinks, with the coordinates along which it is the nearest.
pub(super) fn named_kinks(report: &Report) -> String {
    let mut groups: Vec<(&NamedKink, Vec<&KinkReport>)> = Vec::new();
    for kink in &report.kinks {
        let Some(nearest) = kink.kinks.first() else {
            continue;
        };
        match groups.iter_mut().find(|(k, _)| k.name == nearest.name) {
            Some((_, along)) => along.push(kink),
            None => groups.push((nearest, vec![kink])),
        }
    }
    let mut text = String::new();
    for (nearest, along) in groups.iter().take(MOST_LINES) {
        text.push_str(&wrapped("", &line(nearest, along)));
    }
    text
}

/// `kink along W1[3,1]: unit[17] of layer 2 for example[3], 4.0e-07 above; 2 more within 1.2e-05`.
fn line(nearest: &NamedKink, along: &[&KinkReport]) -> String {
    let coordinates: Vec<String> = along.iter().map(|k| k.coordinate.to_string()).collect();
    let away = match nearest.distance {
        0.0 => "at the point".to_owned(),
        up if up > 0.0 => format!("{} above", short(up)),
        down => format!("{} below", short(-down)),
    };
    let others = along.first().map_or(&[][..], |first| &first.kinks[1..]);
    let others = match others.last() {
        None => String::new(),
        Some(furthest) if furthest.distance == 0.0 => format!("; {} more", others.len()),
        Some(furthest) => format!(
            "; {} more within {}",
            others.len(),
            short(furthest.distance.abs())
        ),
    };
    let also = match &coordinates[1..] {
        [] => String::new(),
        more => format!("; also along {}", more.join(", ")),
    };
    format!(
        "kink along {}: {}, {away}{others}{also}",
        coordinates[0], nearest.name
    )
}
