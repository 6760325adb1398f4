//! Finite-difference schemes as data: which points, which weights.
//!
//! Knows no function and no step size.

/// How much larger the truncation may be than two steps tell. Their difference gives the leading term
/// alone; where the next has the other sign the error is larger than that, and with two steps one can't
/// see it. The customary factor (Roache 1994, "Perspective: a method for uniform reporting of grid
/// refinement studies", J. Fluids Eng. 116): 3 for two, 1.25 for three and more.
const TWO_STEPS: f64 = 3.0;

/// Quotients of 0 and k = 1, …, p with the weights (−1)^(k+1)·(p over k).
const ABOVE: [&[Quotient]; 3] = [
    &[outward(1, 1.0)],
    &[outward(1, 2.0), outward(2, -1.0)],
    &[
        outward(1, 4.0),
        outward(2, -6.0),
        outward(3, 4.0),
        outward(4, -1.0),
    ],
];

/// The one-sided stencils of 0 and −k, by order: those of [`ABOVE`], mirrored.
const BELOW: [&[Quotient]; 3] = [
    &[ABOVE[0][0].mirrored()],
    &[ABOVE[1][0].mirrored(), ABOVE[1][1].mirrored()],
    &[
        ABOVE[2][0].mirrored(),
        ABOVE[2][1].mirrored(),
        ABOVE[2][2].mirrored(),
        ABOVE[2][3].mirrored(),
    ],
];

const fn outward(to: i32, weight: f64) -> Quotient {
    Quotient {
        from: 0,
        to,
        weight,
    }
}

/// One weighted difference quotient w·(J(x + t·h) − J(x + f·h)) / (x_t − x_f).
///
/// A quotient, not a bare weight, because each one can then divide by the distance between the two
/// points as they were really formed in floating point. Subtracting before weighting also keeps the
/// rounding of the sum small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quotient {
    /// f, the offset of the subtrahend in steps.
    pub from: i32,
    /// t, the offset of the minuend in steps.
    pub to: i32,
    /// w; the weights of a stencil add up to 1.
    pub weight: f64,
}

impl Quotient {
    const fn mirrored(self) -> Self {
        Self {
            from: -self.to,
            to: -self.from,
            weight: self.weight,
        }
    }
}

/// A finite-difference formula for the first derivative, D(h) = Σ w·(J(x+t·h) − J(x+f·h))/((t−f)h).
///
/// It is exact on polynomials up to degree [`order`](Self::order); its truncation error is
/// proportional to h to that power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stencil {
    name: &'static str,
    order: i32,
    quotients: &'static [Quotient],
}

impl Stencil {
    /// (J(x+h) − J(x))/h, truncation h·J″/2.
    pub const FORWARD: Self = Self {
        name: "forward",
        order: 1,
        quotients: &[Quotient {
            from: 0,
            to: 1,
            weight: 1.0,
        }],
    };

    /// (J(x+h) − J(x−h))/2h, truncation h²·J‴/6.
    pub const CENTRAL: Self = Self {
        name: "central",
        order: 2,
        quotients: &[Quotient {
            from: -1,
            to: 1,
            weight: 1.0,
        }],
    };

    /// (−J(x+2h) + 8J(x+h) − 8J(x−h) + J(x−2h))/12h, truncation h⁴·J⁽⁵⁾/30; written as the
    /// Richardson combination (4·D(h) − D(2h))/3 of central quotients, which it is.
    pub const FIVE_POINT: Self = Self {
        name: "five-point",
        order: 4,
        quotients: &[
            Quotient {
                from: -1,
                to: 1,
                weight: 4.0 / 3.0,
            },
            Quotient {
                from: -2,
                to: 2,
                weight: -1.0 / 3.0,
            },
        ],
    };

    /// x and what lies above it, truncation h·J″/2, h²·J‴/3 and h⁴·J⁽⁵⁾/5: of order 1, 2 and 4, as those that
    /// they stand in for where x is near its lower bound ((B2) of docs/theory/bounds.md).
    pub const INWARD_ABOVE: [Self; 3] = Self::inward(["above-1", "above-2", "above-4"], ABOVE);

    /// The mirror images, for x near its upper bound.
    pub const INWARD_BELOW: [Self; 3] = Self::inward(["below-1", "below-2", "below-4"], BELOW);

    const fn inward(names: [&'static str; 3], quotients: [&'static [Quotient]; 3]) -> [Self; 3] {
        let [first, second, fourth] = names;
        let [one, two, four] = quotients;
        [
            Self::of(first, 1, one),
            Self::of(second, 2, two),
            Self::of(fourth, 4, four),
        ]
    }

    const fn of(name: &'static str, order: i32, quotients: &'static [Quotient]) -> Self {
        Self {
            name,
            order,
            quotients,
        }
    }

    /// The stencils of the same order that evaluate on one side only: above x and below it.
    pub(crate) fn one_sided(&self) -> [Self; 2] {
        let at = match self.order {
            1 => 0,
            2 => 1,
            _ => 2,
        };
        [Self::INWARD_ABOVE[at], Self::INWARD_BELOW[at]]
    }

    /// Whether the stencil goes as far to one side of x as to the other.
    pub(crate) fn is_central(&self) -> bool {
        self.quotients.iter().all(|q| q.from == -q.to)
    }

    /// The stencils to choose from.
    pub const ALL: [Self; 3] = [Self::FORWARD, Self::CENTRAL, Self::FIVE_POINT];

    /// The field's name: `forward`, `central`, `five-point`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// p, where the truncation error is O(hᵖ).
    pub fn order(&self) -> i32 {
        self.order
    }

    /// The difference quotients that add up to the derivative.
    pub fn quotients(&self) -> &'static [Quotient] {
        self.quotients
    }

    /// The amplification of an absolute noise ε_f of J in the derivative, in units of ε_f/h:
    /// Σ 2|w|/|t−f|; 2 for forward, 1 for central, 1.5 for five-point.
    pub fn noise_amplification(&self) -> f64 {
        self.quotients
            .iter()
            .map(|q| 2.0 * q.weight.abs() / f64::from(q.to - q.from))
            .sum()
    }

    /// The points of D(h) and D(2h) beside x itself, in steps h, each once, in the order of their use.
    pub fn offsets(&self) -> Vec<i32> {
        self.offsets_of(&[1, 2])
    }

    /// The points of D(s·h) for each s of `stretches`, as [`offsets`](Self::offsets) gives them for 1 and 2.
    pub(crate) fn offsets_of(&self, stretches: &[i32]) -> Vec<i32> {
        let mut offsets = Vec::new();
        for &stretch in stretches {
            for quotient in self.quotients {
                for offset in [quotient.from * stretch, quotient.to * stretch] {
                    if offset != 0 && !offsets.contains(&offset) {
                        offsets.push(offset);
                    }
                }
            }
        }
        offsets
    }

    /// D(h), and how far it may be off by truncation: 3·|D(2h) − D(h)|/(2ᵖ − 1). `at` gives the point and J
    /// there for each of [`offsets`](Self::offsets) and for 0; each quotient divides by the distance
    /// that its two points really have (docs/theory/derivatives.md, equations 1 and 5).
    ///
    /// ```
    /// use finite_diff::Stencil;
    /// let at = |offset| {
    ///     let x = 1.0 + f64::from(offset) * 0.125;
    ///     (x, x * x)
    /// };
    /// assert_eq!(Stencil::CENTRAL.estimate(at), (2.0, 0.0));
    /// // Forward differences of x² are off by h = 0.125, and say at most three times that.
    /// assert_eq!(Stencil::FORWARD.estimate(at), (2.125, 0.375));
    /// ```
    pub fn estimate(&self, at: impl Fn(i32) -> (f64, f64)) -> (f64, f64) {
        let stretched = |stretch: i32| -> f64 {
            let quotients = self.quotients.iter().map(|q| {
                let ((x_from, j_from), (x_to, j_to)) = (at(q.from * stretch), at(q.to * stretch));
                q.weight * ((j_to - j_from) / (x_to - x_from))
            });
            quotients.sum()
        };
        let derivative = stretched(1);
        (derivative, self.truncation(derivative, stretched(2)))
    }

    /// The bound on the truncation error of D(h), `derivative`, where D(2h) is `doubled`: 3·|D(2h) − D(h)|/(2ᵖ − 1).
    pub fn truncation(&self, derivative: f64, doubled: f64) -> f64 {
        TWO_STEPS * (doubled - derivative).abs() / self.doubling_ratio()
    }

    /// The largest distance of the points of the stencil from x, in steps: 1 for forward and central, 2 for five-point.
    pub fn reach(&self) -> f64 {
        let furthest = |q: &Quotient| f64::from(q.from.abs().max(q.to.abs()));
        self.quotients.iter().map(furthest).fold(0.0, f64::max)
    }

    /// Like [`truncation`](Self::truncation), where D(4h) is known too and J may be less smooth than the formula
    /// counts on: the order is that by which the three differ, p at most, and the wider pair is heard as well. `noise`
    /// is how far rounding alone may put D(h) and D(2h) apart: where it does, they say nothing of the order
    /// ((B3) of docs/theory/bounds.md).
    pub(crate) fn observed_truncation(&self, derivatives: [f64; 3], noise: f64) -> f64 {
        let [single, double, fourfold] = derivatives;
        let (gap, wider) = ((double - single).abs(), (fourfold - double).abs());
        let formal = 1.0 + self.doubling_ratio();
        let ratio = observed_ratio(gap, wider, noise, formal);
        let above = wider / (formal * self.doubling_ratio());
        TWO_STEPS * (gap / (ratio - 1.0)).max(above)
    }

    /// How much larger D(2h) − D(h) is than the truncation error of D(h): 2ᵖ − 1.
    fn doubling_ratio(&self) -> f64 {
        f64::from((1 << self.order) - 1)
    }
}

/// By how much a gap between two estimates shrinks where the step is halved, as two gaps tell: `formal` at
/// most, as on smooth ground, and where the narrower one is noise. At least 1 + ε: what does not shrink is
/// known to no digit.
pub(crate) fn observed_ratio(gap: f64, wider: f64, noise: f64, formal: f64) -> f64 {
    if gap <= noise {
        return formal;
    }
    (wider / gap).clamp(1.0 + f64::EPSILON, formal)
}
