//! Curves on two logarithmic axes, as a small SVG.
//!
//! Refuses to know what the curves are of.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

/// Times by a size.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub(super) name: &'static str,
    /// Size and seconds, sizes ascending.
    pub(super) points: Vec<(f64, f64)>,
}

/// One picture.
pub(super) struct Plot<'a> {
    /// What the sizes are.
    pub(super) axis: &'a str,
    pub(super) curves: Vec<Curve>,
}

/// Told apart also by those who see few colors (Okabe & Ito 2008).
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
];

impl Curve {
    /// ln(t₂/t₁)/ln(x₂/x₁) between the two largest sizes: 1 for a time in proportion.
    pub(super) fn exponent(&self) -> f64 {
        match self.points[..] {
            [.., (x1, t1), (x2, t2)] => (t2 / t1).ln() / (x2 / x1).ln(),
            _ => f64::NAN,
        }
    }
}

impl Plot<'_> {
    /// The same bytes for the same curves.
    ///
    /// # Errors
    /// What plotters refuses, such as axes without an extent.
    pub(super) fn svg(&self) -> Result<String> {
        let mut svg = String::new();
        self.draw(&mut svg)
            .map_err(|error| anyhow!("the plot by {}: {error}", self.axis))?;
        Ok(svg)
    }

    fn draw(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let (x_low, x_high) = extent(points().map(|point| point.0));
        let (y_low, y_high) = extent(points().map(|point| point.1));
        let root = SVGBackend::with_string(svg, (720, 420)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(72)
            .build_cartesian_2d(
                (x_low..x_high).log_scale(),
                (y_low / 2.0..y_high * 2.0).log_scale(),
            )?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(self.axis)
            .y_desc("seconds a gradient, one thread")
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0e}"))
            .draw()?;
        for (curve, color) in self.curves.iter().zip(COLORS.iter().cycle()) {
            let style = color.stroke_width(2);
            chart
                .draw_series(LineSeries::new(curve.points.iter().copied(), style).point_size(3))?
                .label(curve.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
        root.present()?;
        drop(chart);
        Ok(())
    }
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0), |(low, high), x| {
        (low.min(x), high.max(x))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot<'static> {
        Plot {
            axis: "examples m",
            curves: vec![
                Curve {
                    name: "full",
                    points: vec![(16.0, 1e-2), (64.0, 4e-2), (256.0, 0.16)],
                },
                Curve {
                    name: "other",
                    points: vec![(16.0, 1e-4), (64.0, 2e-4), (256.0, 8e-4)],
                },
            ],
        }
    }

    #[test]
    fn a_plot_is_small_and_the_same_every_time() {
        let svg = plot().svg().unwrap();
        assert_eq!(svg, plot().svg().unwrap());
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("examples m") && svg.contains("other"));
        assert!(svg.len() < 30_000, "{}", svg.len());
    }

    #[test]
    fn exponents_are_slopes_on_logarithmic_axes() {
        let exponents = plot()
            .curves
            .iter()
            .map(Curve::exponent)
            .collect::<Vec<_>>();
        assert!(
            exponents.iter().all(|e| (e - 1.0).abs() < 1e-12),
            "{exponents:?}"
        );
    }
}
