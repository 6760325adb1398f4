//! Which coordinates to look at: all, some, or a sample that leaves out no block.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::{Domain, ParameterLayout};

/// Which coordinates of a layout to differentiate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// All coordinates.
    #[default]
    All,
    /// The coordinates of these flat indices, in this order.
    Some(Vec<usize>),
    /// `count` coordinates without replacement, dealt to the blocks in turn until a block is used up.
    /// At least one of each block that has any entry, even where `count` is smaller than that.
    Sample {
        /// The number of coordinates.
        count: usize,
        /// The seed of the draw.
        seed: u64,
    },
    /// `count` coordinates of each block without replacement, or all of a block that has no more.
    SampleEach {
        /// The number of coordinates of each block.
        count: usize,
        /// The seed of the draw.
        seed: u64,
    },
}

impl Selection {
    /// The flat indices meant, for `layout`, without those that are fixed in `domain`. A sample comes in ascending
    /// order; it is drawn among the others, and has at least one of each block that has any.
    ///
    /// ```
    /// use finite_diff::{ParameterLayout, Selection};
    /// let layout = ParameterLayout::new().with("W", &[100, 10])?.with("b", &[3])?;
    /// let sample = Selection::Sample { count: 10, seed: 0 }.coordinates(&layout, None);
    /// assert_eq!(sample.len(), 10);
    /// assert_eq!(sample.iter().filter(|&&i| i >= 1000).count(), 3); // all of b, the rest from W
    /// let each = Selection::SampleEach { count: 10, seed: 0 }.coordinates(&layout, None);
    /// assert_eq!(each.len(), 13);
    /// # Ok::<(), finite_diff::layout::LayoutError>(())
    /// ```
    pub fn coordinates(&self, layout: &ParameterLayout, domain: Option<&Domain>) -> Vec<usize> {
        let is_free = |i: &usize| domain.is_none_or(|domain| !domain.is_fixed(*i));
        match self {
            Self::All => (0..layout.len()).filter(is_free).collect(),
            Self::Some(coordinates) => coordinates.iter().copied().filter(is_free).collect(),
            Self::Sample { count, seed } => sample(layout, is_free, *count, *seed),
            Self::SampleEach { count, seed } => {
                let hands = shuffled(layout, is_free, *seed);
                let dealt = hands
                    .into_iter()
                    .flat_map(|hand| hand.into_iter().take(*count));
                let mut drawn: Vec<usize> = dealt.collect();
                drawn.sort_unstable();
                drawn
            }
        }
    }
}

/// The flat indices of each block that has any that are free, in random order.
fn shuffled(
    layout: &ParameterLayout,
    is_free: impl Fn(&usize) -> bool,
    seed: u64,
) -> Vec<Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    layout
        .blocks()
        .iter()
        .filter(|block| !block.is_empty())
        .map(|block| {
            let mut hand: Vec<usize> = block.range().collect();
            hand.shuffle(&mut rng);
            hand.retain(&is_free);
            hand
        })
        .filter(|hand| !hand.is_empty())
        .collect()
}

fn sample(
    layout: &ParameterLayout,
    is_free: impl Fn(&usize) -> bool,
    count: usize,
    seed: u64,
) -> Vec<usize> {
    let mut hands = shuffled(layout, is_free, seed);
    let all = hands.iter().map(Vec::len).sum();
    let wanted = count.max(hands.len()).min(all);
    let mut drawn = Vec::with_capacity(wanted);
    while drawn.len() < wanted {
        for hand in &mut hands {
            if drawn.len() == wanted {
                break;
            }
            drawn.extend(hand.pop());
        }
    }
    drawn.sort_unstable();
    drawn
}
