//! The assertions for tests.

/// Asserts that a gradient is right. Panics with all that is known where it is wrong, or could not be decided.
///
/// ```
/// use gradient_check::assert_gradient;
///
/// let cost = |p: &[f64]| p[0] * p[1].sin();
/// let gradient = |p: &[f64]| [p[1].sin(), p[0] * p[1].cos()];
/// assert_gradient!(cost, gradient, at = [2.0, 0.5]);
///
/// // Value and gradient in one; settings by name; a message.
/// let both = |p: &[f64]| (cost(p), gradient(p));
/// assert_gradient!(both, at = [2.0, 0.5], seed = 7, blocks = &[("a", &[]), ("b", &[])], "case {}", 1);
///
/// // Several inputs, with names and shapes.
/// assert_gradient!(
///     |p: &[&[f64]]| p[0].iter().map(|w| w * w).sum::<f64>() * p[1][0],
///     |p: &[&[f64]]| {
///         let sum: f64 = p[0].iter().map(|w| w * w).sum();
///         vec![p[0].iter().map(|w| 2.0 * w * p[1][0]).collect(), vec![sum]]
///     },
///     inputs = [("encoder.weight", [2, 2], [1.0, 2.0, 3.0, 4.0]), ("scale", [], [0.5])]
/// );
/// ```
///
/// First the functions, then `at = point` or `inputs = […]`, then settings, each a method of
/// [`GradientCheck`](crate::GradientCheck) by its name: `seed`, `blocks`, `lower`, `upper`, `fixed`, `sample`, `sample_per_block`,
/// `epsilon`, `resolution`, `accuracy`, `exact`, `strict`, `threads`, `working_epsilon`, `directional_test`, `complex_step`,
/// `settings`; then a message as for `format!`. Gives the
/// [`Report`](crate::Report).
///
/// Functions that are `FnMut`, or not `Send` and `Sync`, go to the builder, which calls them on this thread only:
/// [`GradientCheck::single_threaded(cost, gradient).at(point).assert()`](crate::GradientCheck::single_threaded).
///
/// A wrong gradient:
///
/// ```should_panic
/// # use gradient_check::assert_gradient;
/// assert_gradient!(|p: &[f64]| p[0].powi(3), |p: &[f64]| [2.0 * p[0].powi(2)], at = [1.5]);
/// ```
#[macro_export]
macro_rules! assert_gradient {
    ($($input:tt)+) => { $crate::__gradient_check!("assert_gradient", [], $($input)+).assert() };
}

/// Like [`assert_gradient!`](crate::assert_gradient), as a `Result`, for `?` and for property tests: the
/// [`Report`](crate::Report), or a [`GradientError`](crate::GradientError) whose text is that of the assertion.
///
/// ```
/// use gradient_check::check_gradient;
/// let report = check_gradient!(|p: &[f64]| p[0].powi(3), |p: &[f64]| [3.0 * p[0].powi(2)], at = [1.5])?;
/// // By default what may be a tolerance is not called wrong: nothing below a millionth is.
/// assert!(report.power.unwrap().single_coordinate < 2e-6);
/// # Ok::<(), gradient_check::GradientError>(())
/// ```
#[macro_export]
macro_rules! check_gradient {
    ($($input:tt)+) => { $crate::__gradient_check!("check_gradient", [], $($input)+).verify() };
}

/// Asserts that a gradient is right along a few random directions, for points with too many entries to check each. Takes
/// what [`assert_gradient!`](crate::assert_gradient) takes; its settings are the methods of
/// [`DirectionalCheck`](crate::DirectionalCheck). Gives the [`DirectionalReport`](crate::directional::DirectionalReport).
///
/// ```
/// use gradient_check::assert_directional;
///
/// let cost = |p: &[f64]| p.iter().map(|x| x.sin()).sum::<f64>();
/// let gradient = |p: &[f64]| p.iter().map(|x| x.cos()).collect::<Vec<f64>>();
/// let report = assert_directional!(cost, gradient, at = vec![0.4; 100_000], directions = 4, seed = 7);
/// // What goes unseen once in a hundred, relative to the gradient.
/// assert!(report.blocks[0].relative_power().unwrap() < 1e-4);
/// ```
#[macro_export]
macro_rules! assert_directional {
    ($($input:tt)+) => {
        $crate::__gradient_check!("assert_directional", [.directional()], $($input)+).assert()
    };
}

/// Asserts that a Jacobian is right: of a function of one flat vector, and its Jacobian, flat and row-major or by rows.
/// Settings are the methods of [`VectorCheck`](crate::VectorCheck).
///
/// ```
/// use gradient_check::assert_jacobian;
/// let f = |x: &[f64]| [x[0] * x[1], x[1].sin()];
/// assert_jacobian!(f, |x: &[f64]| [x[1], x[0], 0.0, x[1].cos()], at = [2.0, 0.5]);
/// ```
#[macro_export]
macro_rules! assert_jacobian {
    ($f:expr, $jacobian:expr, $($rest:tt)+) => {
        $crate::__settings!(
            $crate::VectorCheck::new($f).jacobian($jacobian),
            "assert_jacobian", [$f, $jacobian], $($rest)+
        ).assert()
    };
}

/// Asserts that a vector-Jacobian product is right: of a function of one flat vector, and Jᵀv as a function of the
/// point and v.
///
/// ```
/// use gradient_check::assert_vjp;
/// let f = |x: &[f64]| [x[0] * x[1], x[1].sin()];
/// let vjp = |x: &[f64], v: &[f64]| [v[0] * x[1], v[0] * x[0] + v[1] * x[1].cos()];
/// assert_vjp!(f, vjp, at = [2.0, 0.5]);
/// ```
#[macro_export]
macro_rules! assert_vjp {
    ($f:expr, $vjp:expr, $($rest:tt)+) => {
        $crate::__settings!(
            $crate::VectorCheck::new($f).vjp($vjp), "assert_vjp", [$f, $vjp], $($rest)+
        ).assert()
    };
}

/// Asserts that a Jacobian-vector product is right: of a function of one flat vector, and J·u as a function of the point
/// and u.
///
/// ```
/// use gradient_check::assert_jvp;
/// let f = |x: &[f64]| [x[0] * x[1], x[1].sin()];
/// let jvp = |x: &[f64], u: &[f64]| [u[0] * x[1] + x[0] * u[1], x[1].cos() * u[1]];
/// assert_jvp!(f, jvp, at = [2.0, 0.5]);
/// ```
#[macro_export]
macro_rules! assert_jvp {
    ($f:expr, $jvp:expr, $($rest:tt)+) => {
        $crate::__settings!(
            $crate::VectorCheck::new($f).jvp($jvp), "assert_jvp", [$f, $jvp], $($rest)+
        ).assert()
    };
}

/// Asserts that both products with one Jacobian are right, and that they fit together: of a function, Jᵀv and J·u.
///
/// ```
/// use gradient_check::assert_products;
/// let f = |x: &[f64]| [x[0] * x[1], x[1].sin()];
/// let vjp = |x: &[f64], v: &[f64]| [v[0] * x[1], v[0] * x[0] + v[1] * x[1].cos()];
/// let jvp = |x: &[f64], u: &[f64]| [u[0] * x[1] + x[0] * u[1], x[1].cos() * u[1]];
/// assert_products!(f, vjp, jvp, at = [2.0, 0.5]);
/// ```
#[macro_export]
macro_rules! assert_products {
    ($f:expr, $vjp:expr, $jvp:expr, $($rest:tt)+) => {
        $crate::__settings!(
            $crate::VectorCheck::new($f).vjp($vjp).jvp($jvp),
            "assert_products", [$f, $vjp, $jvp], $($rest)+
        ).assert()
    };
}

/// A builder from the functions on, with what is called on it first.
#[doc(hidden)]
#[macro_export]
macro_rules! __gradient_check {
    ($by:literal, [$($of:tt)*], $both:expr, at = $($rest:tt)+) => {
        $crate::__settings!(
            $crate::GradientCheck::fused($both) $($of)*, $by, [$both], at = $($rest)+
        )
    };
    ($by:literal, [$($of:tt)*], $value:expr, $gradient:expr, at = $($rest:tt)+) => {
        $crate::__settings!(
            $crate::GradientCheck::new($value, $gradient) $($of)*,
            $by, [$value, $gradient], at = $($rest)+
        )
    };
    ($by:literal, [$($of:tt)*], $value:expr, $gradient:expr, inputs = $($rest:tt)+) => {
        $crate::__settings!(
            $crate::GradientCheck::of_inputs($value, $gradient) $($of)*,
            $by, [$value, $gradient], inputs = $($rest)+
        )
    };
}

/// A builder from the point on.
#[doc(hidden)]
#[macro_export]
macro_rules! __settings {
    (
        $builder:expr, $by:literal, [$($function:expr),+],
        at = $at:expr $(, $name:ident = $value:expr)* $(,)?
    ) => {
        $builder.at(&$at) $(.$name($value))*
            .called($by, &[$(stringify!($function)),+], None, &[$((stringify!($name), stringify!($value))),*])
    };
    (
        $builder:expr, $by:literal, [$($function:expr),+],
        at = $at:expr $(, $name:ident = $value:expr)*, $message:literal $($argument:tt)*
    ) => {
        $crate::__settings!($builder, $by, [$($function),+], at = $at $(, $name = $value)*)
            .message(::std::format!($message $($argument)*))
    };
    (
        $builder:expr, $by:literal, [$($function:expr),+],
        inputs = [$(($input:expr, $shape:expr, $values:expr $(,)?)),+ $(,)?]
        $(, $name:ident = $value:expr)* $(,)?
    ) => {
        $builder $(.input($input, &$shape, &$values))+ $(.$name($value))*
            .called(
                $by,
                &[$(stringify!($function)),+],
                Some(stringify!([$(($input, $shape, $values)),+])),
                &[$((stringify!($name), stringify!($value))),*],
            )
    };
    (
        $builder:expr, $by:literal, [$($function:expr),+],
        inputs = [$(($input:expr, $shape:expr, $values:expr $(,)?)),+ $(,)?]
        $(, $name:ident = $value:expr)*, $message:literal $($argument:tt)*
    ) => {
        $crate::__settings!(
            $builder, $by, [$($function),+],
            inputs = [$(($input, $shape, $values)),+] $(, $name = $value)*
        ).message(::std::format!($message $($argument)*))
    };
}
