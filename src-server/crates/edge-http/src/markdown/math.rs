//! Formulas in TeX as MathML. Browsers draw it without script.

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

/// Longest formula, in bytes.
const FORMULA_MAX: usize = 4 << 10;
/// Most braces and environments inside each other.
const NESTING_MAX: usize = 40;
/// What defines macros: they could expand without end.
const DEFINITIONS: [&str; 10] = [
    "\\def",
    "\\gdef",
    "\\edef",
    "\\xdef",
    "\\let",
    "\\futurelet",
    "\\newcommand",
    "\\renewcommand",
    "\\providecommand",
    "\\newenvironment",
];

/// Returns a formula as MathML; `None` if it is wrong or too long. The result still passes `sanitise`.
pub fn to_mathml(formula: &str, is_block: bool) -> Option<String> {
    if formula.len() > FORMULA_MAX || nesting(formula) > NESTING_MAX {
        return None;
    }
    if DEFINITIONS.iter().any(|word| formula.contains(word)) {
        return None;
    }
    let storage = Storage::new();
    let events: Vec<_> = Parser::new(formula, &storage).collect();
    if events.iter().any(Result::is_err) {
        return None;
    }
    let display_mode = if is_block { DisplayMode::Block } else { DisplayMode::Inline };
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut out = String::new();
    push_mathml(&mut out, events.into_iter(), config).ok()?;
    Some(out)
}

/// Returns an upper bound of how deeply groups are nested. Commands that take the next token without braces count, too.
fn nesting(formula: &str) -> usize {
    let (mut depth, mut most, mut run) = (0usize, 0, 0usize);
    for byte in formula.bytes() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match byte {
            b'\\' | b'^' | b'_' => run += 1,
            b'}' | b' ' | b'&' | b'\n' => run = 0,
            _ => {}
        }
        most = most.max(depth).max(run);
    }
    most.max(formula.matches("\\left").count()).max(formula.matches("\\begin").count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_mathml() {
        let inline = to_mathml("x^2 < \\frac{a}{b}", false).expect("a formula");
        assert!(inline.starts_with("<math") && inline.contains("<mfrac>") && !inline.contains("<math>"), "{inline}");
        assert!(to_mathml("\\sum_{i=0}^n i", true).expect("a formula").contains("display=\"block\""));
    }

    #[test]
    fn wrong_and_hostile_formulas_stay_text() {
        let deep = "{".repeat(2000) + &"}".repeat(2000);
        let roots = "\\sqrt".repeat(700) + "x";
        let powers = "x".to_owned() + &"^x".repeat(1500);
        for formula in ["\\frac{a", "\\nosuchcommand", "\\def\\a{\\a\\a}\\a", &deep, &roots, &powers, &"x".repeat(5000)]
        {
            assert_eq!(to_mathml(formula, false), None, "{}", &formula[..formula.len().min(40)]);
        }
    }
}
