//! Gradients against central differences.

use thalamo::optim::Objective;

/// Relative error of the directional derivative at `x` along `direction`, against the five-point central
/// difference, exact to O(h^4), with this step:
///
/// $$ \frac{|g \cdot d - \delta_h|}{|g|\\,|d|}, \qquad
///    \delta_h = \frac{8 (f_1 - f_{-1}) - (f_2 - f_{-2})}{12 h}, \quad f_k = f(x + k h d). $$
///
/// Infinite where any value is not finite.
pub(crate) fn gradient_error(objective: &mut dyn Objective, x: &[f64], direction: &[f64], step: f64) -> f64 {
    let mut gradient = vec![0.0; x.len()];
    let centre = objective.evaluate(x, &mut gradient);
    let mut scratch = vec![0.0; x.len()];
    let mut value_at = |k: f64| {
        let point: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + k * step * d).collect();
        objective.evaluate(&point, &mut scratch)
    };
    let difference =
        (8.0 * (value_at(1.0) - value_at(-1.0)) - (value_at(2.0) - value_at(-2.0))) / (12.0 * step);
    let slope: f64 = gradient.iter().zip(direction).map(|(g, d)| g * d).sum();
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let error = (slope - difference).abs() / (norm(&gradient) * norm(direction));
    if centre.is_finite() && error.is_finite() { error } else { f64::INFINITY }
}
