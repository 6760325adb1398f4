//! All functions of the crate argmin_testfunctions, with the domains and minima that its documentation gives.

use argmin_testfunctions as theirs;

use crate::black_boxes::draw::Draw;

type Value = fn(&[f64]) -> f64;
type Values = fn(&[f64]) -> Vec<f64>;
type Rows = fn(&[f64]) -> Vec<Vec<f64>>;

/// One function of the crate.
pub(super) struct Function {
    pub(super) name: String,
    low: Vec<f64>,
    high: Vec<f64>,
    minima: Vec<Vec<f64>>,
    pub(super) cost: Value,
    pub(super) gradient: Values,
    pub(super) hessian: Rows,
}

impl Function {
    /// Random points of the domain, then the minima, then places where formulas divide by zero: the middle of the
    /// domain, often the origin, and a quarter of the way along its diagonal, where coordinates are often equal.
    pub(super) fn points(&self, random: usize) -> Vec<Vec<f64>> {
        let drawn = |index| {
            let mut draw = Draw::new(&format!("argmin_testfunctions {}", self.name), index);
            self.placed(|from, to| draw.within(from, to))
        };
        let mut points: Vec<_> = (0..random).map(drawn).collect();
        points.extend(self.minima.clone());
        for share in [0.5, 0.25] {
            let point = self.placed(|from, to| from + share * (to - from));
            if !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }

    fn placed(&self, mut place: impl FnMut(f64, f64) -> f64) -> Vec<f64> {
        let ranges = self.low.iter().zip(&self.high);
        ranges.map(|(from, to)| place(*from, *to)).collect()
    }
}

/// A function of two variables.
macro_rules! plane {
    ($cost:ident, $gradient:ident, $hessian:ident, $low:expr, $high:expr, $minima:expr) => {
        Function {
            name: stringify!($cost).to_owned(),
            low: $low.to_vec(),
            high: $high.to_vec(),
            minima: $minima
                .iter()
                .map(|minimum: &[f64; 2]| minimum.to_vec())
                .collect(),
            cost: |x| theirs::$cost(&fixed::<2>(x)),
            gradient: |x| theirs::$gradient(&fixed::<2>(x)).to_vec(),
            hessian: |x| theirs::$hessian(&fixed::<2>(x)).map(Vec::from).to_vec(),
        }
    };
}

/// A function of any number of variables, alike in all of them: with two, with five, and with five of constant number.
macro_rules! space {
    ($cost:ident, [$gradient:ident, $gradient_const:ident], [$hessian:ident, $hessian_const:ident],
     $low:expr, $high:expr, $minimum:expr $(, $more:expr)*) => {
        [
            alike(stringify!($cost), "2", 2, ($low, $high, $minimum), (
                |x| theirs::$cost(x $(, $more)*),
                |x| theirs::$gradient(x $(, $more)*),
                |x| theirs::$hessian(x $(, $more)*),
            )),
            alike(stringify!($cost), "5", 5, ($low, $high, $minimum), (
                |x| theirs::$cost(x $(, $more)*),
                |x| theirs::$gradient(x $(, $more)*),
                |x| theirs::$hessian(x $(, $more)*),
            )),
            alike(stringify!($cost), "5, const", 5, ($low, $high, $minimum), (
                |x| theirs::$cost(x $(, $more)*),
                |x| theirs::$gradient_const(&fixed::<5>(x) $(, $more)*).to_vec(),
                |x| theirs::$hessian_const(&fixed::<5>(x) $(, $more)*).map(|row: [f64; 5]| row.to_vec()).to_vec(),
            )),
        ]
    };
}

fn alike(
    name: &str,
    variant: &str,
    n: usize,
    (low, high, minimum): (f64, f64, Option<f64>),
    (cost, gradient, hessian): (Value, Values, Rows),
) -> Function {
    Function {
        name: format!("{name}, n = {variant}"),
        low: vec![low; n],
        high: vec![high; n],
        minima: minimum.iter().map(|minimum| vec![*minimum; n]).collect(),
        cost,
        gradient,
        hessian,
    }
}

fn fixed<const N: usize>(x: &[f64]) -> [f64; N] {
    std::array::from_fn(|i| x[i])
}

/// All functions of the crate.
pub(super) fn functions() -> Vec<Function> {
    let mut functions = planes();
    functions.extend(spaces());
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    functions
}

fn planes() -> Vec<Function> {
    let pi = std::f64::consts::PI;
    let cross = [
        [1.34941, 1.34941],
        [1.34941, -1.34941],
        [-1.34941, 1.34941],
        [-1.34941, -1.34941],
    ];
    let holder = [
        [8.05502, 9.66459],
        [8.05502, -9.66459],
        [-8.05502, 9.66459],
        [-8.05502, -9.66459],
    ];
    let himmelblau = [
        [3.0, 2.0],
        [-2.805118, 3.131312],
        [-3.779310, -3.283186],
        [3.584428, -1.848126],
    ];
    vec![
        plane!(
            beale,
            beale_derivative,
            beale_hessian,
            [-4.5; 2],
            [4.5; 2],
            [[3.0, 0.5]]
        ),
        plane!(
            booth,
            booth_derivative,
            booth_hessian,
            [-10.0; 2],
            [10.0; 2],
            [[1.0, 3.0]]
        ),
        plane!(
            bukin_n6,
            bukin_n6_derivative,
            bukin_n6_hessian,
            [-15.0, -3.0],
            [-5.0, 3.0],
            [[-10.0, 1.0]]
        ),
        plane!(
            cross_in_tray,
            cross_in_tray_derivative,
            cross_in_tray_hessian,
            [-10.0; 2],
            [10.0; 2],
            cross
        ),
        // Farther from the minimum than this, the function is zero to rounding.
        plane!(
            easom,
            easom_derivative,
            easom_hessian,
            [0.0; 2],
            [6.0; 2],
            [[pi, pi]]
        ),
        plane!(
            eggholder,
            eggholder_derivative,
            eggholder_hessian,
            [-512.0; 2],
            [512.0; 2],
            [[512.0, 404.2319]]
        ),
        plane!(
            goldsteinprice,
            goldsteinprice_derivative,
            goldsteinprice_hessian,
            [-2.0; 2],
            [2.0; 2],
            [[0.0, -1.0]]
        ),
        plane!(
            himmelblau,
            himmelblau_derivative,
            himmelblau_hessian,
            [-5.0; 2],
            [5.0; 2],
            himmelblau
        ),
        plane!(
            holder_table,
            holder_table_derivative,
            holder_table_hessian,
            [-10.0; 2],
            [10.0; 2],
            holder
        ),
        plane!(
            levy_n13,
            levy_n13_derivative,
            levy_n13_hessian,
            [-10.0; 2],
            [10.0; 2],
            [[1.0, 1.0]]
        ),
        plane!(
            matyas,
            matyas_derivative,
            matyas_hessian,
            [-10.0; 2],
            [10.0; 2],
            [[0.0, 0.0]]
        ),
        plane!(
            mccormick,
            mccormick_derivative,
            mccormick_hessian,
            [-1.5, -3.0],
            [4.0, 4.0],
            [[-0.54719, -1.54719]]
        ),
        plane!(
            picheny,
            picheny_derivative,
            picheny_hessian,
            [0.0; 2],
            [1.0; 2],
            [[0.5, 0.25]]
        ),
        plane!(
            schaffer_n2,
            schaffer_n2_derivative,
            schaffer_n2_hessian,
            [-100.0; 2],
            [100.0; 2],
            [[0.0, 0.0]]
        ),
        plane!(
            schaffer_n4,
            schaffer_n4_derivative,
            schaffer_n4_hessian,
            [-100.0; 2],
            [100.0; 2],
            [[0.0, 1.25313]]
        ),
        plane!(
            threehumpcamel,
            threehumpcamel_derivative,
            threehumpcamel_hessian,
            [-5.0; 2],
            [5.0; 2],
            [[0.0, 0.0]]
        ),
    ]
}

fn spaces() -> Vec<Function> {
    let all = [
        space!(
            ackley,
            [ackley_derivative, ackley_derivative_const],
            [ackley_hessian, ackley_hessian_const],
            -32.768,
            32.768,
            Some(0.0)
        ),
        space!(
            ackley_abc,
            [ackley_abc_derivative, ackley_abc_derivative_const],
            [ackley_abc_hessian, ackley_abc_hessian_const],
            -32.768,
            32.768,
            Some(0.0),
            10.0,
            0.1,
            2.0
        ),
        space!(
            levy,
            [levy_derivative, levy_derivative_const],
            [levy_hessian, levy_hessian_const],
            -10.0,
            10.0,
            Some(1.0)
        ),
        space!(
            rastrigin,
            [rastrigin_derivative, rastrigin_derivative_const],
            [rastrigin_hessian, rastrigin_hessian_const],
            -5.12,
            5.12,
            Some(0.0)
        ),
        space!(
            rastrigin_a,
            [rastrigin_a_derivative, rastrigin_a_derivative_const],
            [rastrigin_a_hessian, rastrigin_a_hessian_const],
            -5.12,
            5.12,
            Some(0.0),
            4.0
        ),
        space!(
            rosenbrock,
            [rosenbrock_derivative, rosenbrock_derivative_const],
            [rosenbrock_hessian, rosenbrock_hessian_const],
            -2.0,
            2.0,
            Some(1.0)
        ),
        space!(
            rosenbrock_ab,
            [rosenbrock_ab_derivative, rosenbrock_ab_derivative_const],
            [rosenbrock_ab_hessian, rosenbrock_ab_hessian_const],
            -3.0,
            3.0,
            None,
            2.0,
            50.0
        ),
        space!(
            sphere,
            [sphere_derivative, sphere_derivative_const],
            [sphere_hessian, sphere_hessian_const],
            -10.0,
            10.0,
            Some(0.0)
        ),
        space!(
            styblinski_tang,
            [styblinski_tang_derivative, styblinski_tang_derivative_const],
            [styblinski_tang_hessian, styblinski_tang_hessian_const],
            -5.0,
            5.0,
            Some(-2.903534)
        ),
        space!(
            zero,
            [zero_derivative, zero_derivative_const],
            [zero_hessian, zero_hessian_const],
            -10.0,
            10.0,
            None
        ),
    ];
    all.into_iter().flatten().collect()
}
