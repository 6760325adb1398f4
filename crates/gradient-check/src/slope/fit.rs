//! Least squares: the power by which something falls, and the leading coefficient of a short series.
//!
//! Numbers in, numbers out; refuses to know what they are.

/// A power and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Power {
    pub(crate) slope: f64,
    pub(crate) standard_error: f64,
}

/// The slope of ln E against ln t. Each point is (t, E, what E may be off by); the standard error has two
/// parts, what the errors of the points do to the slope and the scatter that the line leaves. (L5)
pub(crate) fn power(points: &[(f64, f64, f64)]) -> Option<Power> {
    let known: Vec<_> = points.iter().filter(|p| p.0 > 0.0 && p.1 > 0.0).collect();
    let reference = known.first()?;
    if known.len() < 3 {
        return None;
    }
    // Relative to the first, so that a power of two in all of them changes no bit.
    let line: Vec<(f64, f64, f64)> = known
        .iter()
        .map(|p| {
            (
                (p.0 / reference.0).ln(),
                (p.1 / reference.1).ln(),
                p.2 / p.1,
            )
        })
        .collect();
    let count = line.len() as f64;
    let mean = |of: fn(&(f64, f64, f64)) -> f64| line.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = line.iter().map(|p| (p.0 - x).powi(2)).sum();
    let slope = line.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let left: f64 = line
        .iter()
        .map(|p| (p.1 - y - slope * (p.0 - x)).powi(2))
        .sum();
    let scatter = left / (count - 2.0) / spread;
    let carried: f64 = line
        .iter()
        .map(|p| ((p.0 - x) / spread * p.2).powi(2))
        .sum();
    let standard_error = (scatter + carried).sqrt();
    (slope.is_finite() && standard_error.is_finite()).then_some(Power {
        slope,
        standard_error,
    })
}

/// The coefficient of the first term of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Leading {
    pub(crate) value: f64,
    /// What errors of the points of this size, all of the worst sign, do to it.
    pub(crate) carried: f64,
    /// What the scatter that the series leaves, taken as such an error, does to it.
    pub(crate) scatter: f64,
}

/// Fits y = Σ_k c_k·(t/t_last)^p_k to points (t, y, what y may be off by), weighted by the last, and
/// gives c_0 in units of y/(t/t_last)^p_0. `None` where there are no more points than terms.
pub(crate) fn leading<const N: usize>(
    points: &[(f64, f64, f64)],
    powers: [i32; N],
) -> Option<Leading> {
    let longest = points.last()?.0;
    if points.len() <= N {
        return None;
    }
    // Weights relative to the last point's, for the same reason as above.
    let error = points.last()?.2;
    let weight = |e: f64| {
        if error > 0.0 {
            (error / e).powi(2)
        } else {
            1.0
        }
    };
    let rows: Vec<([f64; N], f64)> = points
        .iter()
        .map(|p| (powers.map(|power| (p.0 / longest).powi(power)), weight(p.2)))
        .collect();
    let mut normal = [[0.0; N]; N];
    let mut right = [0.0; N];
    for ((row, w), point) in rows.iter().zip(points) {
        for i in 0..N {
            right[i] += w * row[i] * point.1;
            for j in 0..N {
                normal[i][j] += w * row[i] * row[j];
            }
        }
    }
    let mut first = [0.0; N];
    first[0] = 1.0;
    let solution = solve(normal, right)?;
    let inverse = solve(normal, first)?;
    let dot = |a: &[f64; N], b: &[f64; N]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (mut carried, mut amplified, mut left) = (0.0, 0.0, 0.0);
    for ((row, w), point) in rows.iter().zip(points) {
        let share = (w * dot(row, &inverse)).abs();
        carried += share * point.2;
        amplified += share / w.sqrt();
        left += w * (point.1 - dot(row, &solution)).powi(2);
    }
    let freedom = (points.len() - N) as f64;
    let leading = Leading {
        value: solution[0],
        carried,
        scatter: (left / freedom).sqrt() * amplified,
    };
    (leading.value.is_finite() && (carried + leading.scatter).is_finite()).then_some(leading)
}

/// a·x = b by elimination with row exchanges.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot =
            (column..N).max_by(|i, j| a[*i][column].abs().total_cmp(&a[*j][column].abs()))?;
        a.swap(column, pivot);
        b.swap(column, pivot);
        if a[column][column] == 0.0 {
            return None;
        }
        let (head, above) = (a[column], b[column]);
        for row in column + 1..N {
            let times = a[row][column] / head[column];
            for (entry, over) in a[row].iter_mut().zip(head) {
                *entry -= times * over;
            }
            b[row] -= times * above;
        }
    }
    for column in (0..N).rev() {
        b[column] /= a[column][column];
        let known = b[column];
        for row in 0..column {
            b[row] -= a[row][column] * known;
        }
    }
    Some(b)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    fn decade(y: impl Fn(f64) -> f64) -> Vec<(f64, f64, f64)> {
        (0..5)
            .map(|k| 1e-4 * 2f64.powi(k))
            .map(|t| (t, y(t), 1e-12))
            .collect()
    }

    #[test]
    fn a_power_law_has_its_power() {
        for p in [1, 2, 3, 5] {
            let fit = power(&decade(|t| 7.0 * t.powi(p))).unwrap();
            assert!((fit.slope - f64::from(p)).abs() < 1e-9, "{fit:?}");
        }
        // Two regimes: neither, and the scatter says so.
        let fit = power(&decade(|t| 2.0 * t + 3e6 * t.powi(3))).unwrap();
        assert!(fit.slope > 1.1 && fit.slope < 2.9 && fit.standard_error > 0.03);
        assert_eq!(power(&decade(|_| 0.0)), None);
        assert_eq!(power(&decade(|t| t)[..2]), None);
    }

    #[test]
    fn the_leading_coefficient_of_a_series_is_found_with_its_error() {
        let points = decade(|t| 3e-7 * t + 0.5 * t.powi(3));
        let fit = leading(&points, [1, 3]).unwrap();
        let value = fit.value / points[4].0;
        assert!((value / 3e-7 - 1.0).abs() < 1e-6, "{fit:?}");
        // A term left out shows as scatter, and the bar covers what it does.
        let points = decade(|t| 3e-7 * t + 0.5 * t.powi(3) + 1e5 * t.powi(5));
        let fit = leading(&points, [1, 3]).unwrap();
        let off = (fit.value - 3e-7 * points[4].0).abs();
        assert!(
            off <= 2.0 * (fit.carried + fit.scatter),
            "{fit:?}, off {off:e}"
        );
        assert_eq!(leading(&points[..2], [1, 3]), None);
    }
}
