//! The caller's knowledge of the function, and the diagnosis of a block: as plain data.

/// The caller's knowledge of the function, by which factors and axes get names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Factors that have a meaning, such as the number of examples or keep_prob, the likelier first. 2, ½,
    /// 4, ¼ and −1 are known anyway.
    pub factors: Vec<NamedFactor>,
    /// κ of a decay term κ·θ in the gradient, λ/m for L2; `None` without one.
    pub decay: Option<f64>,
    /// The meaning of a row and a column of a block, such as `unit` and `input`.
    pub axes: Option<[String; 2]>,
}

/// A mistake that the caller can simulate, and the whole gradient under it.
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
    /// The meaning of the factor, as the end of a sentence: "the number of examples: 1/m is missing".
    pub meaning: String,
    /// Whether a plain 2 or ½ is the likelier explanation where the value is that too.
    pub unlikely: bool,
}

/// The most likely cause of the errors in a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The cause in kebab-case: `scale`, `sign`, `transposed`, …; `unknown` where no simple one fits.
    pub cause: &'static str,
    /// The mistake in words, without a full stop: either a whole sentence, or a predicate that follows the name of the
    /// gradient and begins with `is` or `has`.
    pub message: String,
    /// The factor, where the cause is one.
    pub factor: Option<f64>,
    /// The root mean square of what the hypothesis leaves unexplained, relative to that of g; NaN where
    /// no hypothesis fits.
    pub residual: f64,
}
