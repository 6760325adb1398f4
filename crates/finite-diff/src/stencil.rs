//! Finite-difference schemes as data: which points, which weights.
//!
//! Knows no function and no step size.

/// How much larger the truncation may be than two steps tell. Their difference gives the leading term
/// alone; where the next has the other sign the error is larger than that, and with two steps one can't
/// see it. The customary factor (Roache 1994, "Perspective: a method for uniform reporting of grid
/// refinement studies", J. Fluids Eng. 116): 3 for two, 1.25 for three and more.
const TWO_STEPS: f64 = 3.0;

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

    /// All of them.
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

    /// What an absolute noise ε_f of J does to the derivative, in units of ε_f/h:
    /// Σ 2|w|/|t−f|; 2 for forward, 1 for central, 1.5 for five-point.
    pub fn noise_amplification(&self) -> f64 {
        self.quotients
            .iter()
            .map(|q| 2.0 * q.weight.abs() / f64::from(q.to - q.from))
            .sum()
    }

    /// The points of D(h) and D(2h) beside x itself, in steps h, each once, in the order of their use.
    pub fn offsets(&self) -> Vec<i32> {
        let mut offsets = Vec::new();
        for stretch in [1, 2] {
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

    /// How far D(h), `derivative`, may be off by truncation, D(2h) being `doubled`: 3·|D(2h) − D(h)|/(2ᵖ − 1).
    pub fn truncation(&self, derivative: f64, doubled: f64) -> f64 {
        TWO_STEPS * (doubled - derivative).abs() / self.doubling_ratio()
    }

    /// How far its points are from x, in steps: 1 for forward and central, 2 for five-point.
    pub fn reach(&self) -> f64 {
        let furthest = |q: &Quotient| f64::from(q.from.abs().max(q.to.abs()));
        self.quotients.iter().map(furthest).fold(0.0, f64::max)
    }

    /// How much larger D(2h) − D(h) is than the truncation error of D(h): 2ᵖ − 1.
    fn doubling_ratio(&self) -> f64 {
        f64::from((1 << self.order) - 1)
    }
}
