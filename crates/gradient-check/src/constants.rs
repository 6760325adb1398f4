//! The constants that a verdict with error bars rests on, as data, so that one can see what happens
//! with others.
//!
//! What a coordinate's verdict hangs on stands here. The course's bands are in `course`, what kinks may hide in
//! `verdict::judge`, and what a cause must look like in `diagnosis`.

/// The constants of the judge. [`Constants::default`] is what every check uses; other values are for
/// finding out how much hangs on them, not for making a check pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// K = 2: how many error bars apart the two gradients may be. Bars at K = 1 covered every coordinate
    /// of the nets they were tried on; 2 leaves room for those that are not so well-behaved.
    pub safety: f64,
    /// 256: the rounding r that the analytic gradient may carry where nothing is known of it, in ε of its
    /// working type and relative to the larger of its own size and its block's scale: sums over a batch
    /// and a few layers lose some bits, up to eight here.
    pub rounding: f64,
    /// λ = 6 standard deviations of a rounding error: a gradient whose rounding is known by its noise σ
    /// or by its arithmetic may be off by that many. A sum exceeds it with probability 3e-8
    /// (Higham & Mary 2019).
    pub deviations: f64,
    /// 1e6: at most so much measured noise is believed, in the unit of `rounding`. Terms that cancel, as
    /// near a minimum, can lose six digits; a backward pass in a lower precision than it says loses more,
    /// and that is no rounding.
    pub most_rounding: f64,
    /// 16: how many r a gradient in single precision whose rounding is not known must be off to be called
    /// wrong and not undecided: it does not behave like noise where an output near 0 or 1 leaves it few
    /// digits.
    pub doubt: f64,
    /// 1e-6: how sharp a comparison must be to count as agreement wherever noise allows it, relative to the scale, and how
    /// small a difference may be a tolerance's and no mistake's, unless the caller declares that both sides are exact. A decision
    /// and no measurement: what can't tell a millionth is no confirmation. For a gradient in a lower precision it is four
    /// times `rounding` of its own ε.
    pub resolution: f64,
    /// 1e-3: how blunt a comparison may be, in the same measure, where noise in J or the known rounding of the gradient
    /// allows no more. From there on the course speaks of a bug, which would still be seen.
    pub coarsest: f64,
    /// 4e-9: how sharp a look at a coordinate that agrees should be where both sides are claimed to be exact, lest
    /// it is looked at with a sharper stencil: an error of 1e-8 of the scale is then seen wherever the
    /// noise of J allows it at all. Where they are not, so small a difference would not be called wrong.
    pub target: f64,
}

impl Default for Constants {
    fn default() -> Self {
        Self {
            safety: 2.0,
            rounding: 256.0,
            deviations: 6.0,
            most_rounding: 1e6,
            doubt: 16.0,
            resolution: 1e-6,
            coarsest: 1e-3,
            target: 4e-9,
        }
    }
}

impl Constants {
    /// The names of the constants, in the order of their fields.
    pub const NAMES: [&'static str; 8] = [
        "safety",
        "rounding",
        "deviations",
        "most-rounding",
        "doubt",
        "resolution",
        "coarsest",
        "target",
    ];

    /// These constants with the one named `name` multiplied by `factor`; `None` where there is none of that name.
    ///
    /// ```
    /// use gradient_check::constants::Constants;
    /// let doubled = Constants::default().scaled("safety", 2.0).unwrap();
    /// assert_eq!(doubled.safety, 4.0);
    /// assert_eq!(doubled.scaled("resolve", 2.0), None);
    /// ```
    pub fn scaled(mut self, name: &str, factor: f64) -> Option<Self> {
        let constant = match name {
            "safety" => &mut self.safety,
            "rounding" => &mut self.rounding,
            "deviations" => &mut self.deviations,
            "most-rounding" => &mut self.most_rounding,
            "doubt" => &mut self.doubt,
            "resolution" => &mut self.resolution,
            "coarsest" => &mut self.coarsest,
            "target" => &mut self.target,
            _ => return None,
        };
        *constant *= factor;
        Some(self)
    }
}
