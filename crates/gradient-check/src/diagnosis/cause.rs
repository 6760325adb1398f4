//! What the caller knows of the function, and what is believed to be wrong: as plain data.

/// What the caller knows of the function, to give numbers their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Factors that have a meaning, such as the number of examples or keep_prob, the likelier first. 2, ½,
    /// 4, ¼ and −1 need not be said.
    pub factors: Vec<NamedFactor>,
    /// κ of a decay term κ·θ in the gradient, λ/m for L2; `None` without one.
    pub decay: Option<f64>,
    /// What a row and a column of a block stand for, such as `unit` and `input`.
    pub axes: Option<[String; 2]>,
}

/// What the whole gradient would be under some mistake, as the caller knows how to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// The cause in kebab-case.
    pub cause: &'static str,
    /// The mistake, as a sentence without its full stop.
    pub message: String,
    /// The gradient, flat.
    pub gradient: Vec<f64>,
}

/// A factor and what it means when a block is that many times too large.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedFactor {
    /// The factor c of g = c·d.
    pub value: f64,
    /// The cause in kebab-case, such as `missing-1-over-m`.
    pub cause: &'static str,
    /// What it is, as the end of a sentence: "the number of examples: 1/m is missing".
    pub meaning: String,
    /// Whether a plain 2 or ½, where it is that too, is the likelier reading.
    pub unlikely: bool,
}

/// What is believed to be wrong with a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The cause in kebab-case: `scale`, `sign`, `transposed`, …; `unknown` where no simple one fits.
    pub cause: &'static str,
    /// What is wrong with the block, as a sentence a person can act on, without a full stop: either whole,
    /// or what follows the name of the gradient, beginning with `is`.
    pub message: String,
    /// The factor, where the cause is one.
    pub factor: Option<f64>,
    /// The root mean square of what the hypothesis leaves unexplained, relative to that of g; NaN where
    /// no hypothesis fits.
    pub residual: f64,
}
