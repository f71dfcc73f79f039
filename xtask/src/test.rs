//! `cargo xtask test`: every check in one command, each with a headline, its time and a line in the summary.

use std::fs;
use std::time::{Duration, Instant};

use crate::changes;
use crate::proc::print_line;
use crate::step::{Context, Outcome, Step};
use crate::steps::STEPS;
use crate::workspace::Workspace;

struct Line {
    name: &'static str,
    took: Duration,
    result: Result<Outcome, String>,
    skips: Vec<String>,
}

const OPTIONS: &str = "\
cargo xtask test [OPTIONS]

  --quick              run the steps for daily work: formats, architecture, unit tests
  --only STEP[,STEP]   run these steps only (repeatable)
  --skip STEP[,STEP]   leave these out (repeatable)
  --keep-going         run on after a failed step
  --list, --help       show the steps
";

/// Runs the steps and draws the summary.
///
/// # Errors
/// When an option is unknown or a step failed.
pub fn test(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    let Some((steps, keep_going)) = choose(args)? else {
        print_line(OPTIONS);
        STEPS.iter().for_each(|s| {
            print_line(&format!("  {:<12} {}{}", s.name, s.about, if s.is_quick { " (quick)" } else { "" }))
        });
        return Ok(());
    };
    let skips = workspace.target.join("potluck-skips.txt");
    fs::create_dir_all(&workspace.target).map_err(|e| format!("{}: {e}", workspace.target.display()))?;
    let context = Context { workspace, skips, keep_going };
    let start = Instant::now();
    let mut lines = Vec::new();
    let before = changes::of(&workspace.root);
    for step in steps {
        let mut line = run_one(step, &context);
        if let Some(changed) = before.as_ref().and_then(|before| before.since(&workspace.root)) {
            line.result = Err(format!("it changed files of the checkout: {changed}"));
            print_line(&format!("== {} FAILED: it changed files of the checkout: {changed}", line.name));
        }
        let failed = line.result.is_err();
        lines.push(line);
        if failed && !keep_going {
            break;
        }
    }
    summary(&lines, start.elapsed())
}

/// Returns the selected steps and whether to continue after failures; `None`: print the help.
fn choose(args: &[String]) -> Result<Option<(Vec<&'static Step>, bool)>, String> {
    let (mut only, mut skip, mut keep_going, mut quick) = (Vec::new(), Vec::new(), false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (key, value) = arg.split_once('=').map_or((arg.as_str(), None), |(k, v)| (k, Some(v.to_owned())));
        match key {
            "--" => {}
            "--keep-going" => keep_going = true,
            "--quick" => quick = true,
            "--list" | "--help" | "-h" => return Ok(None),
            "--only" | "--skip" => {
                let value = value.or_else(|| args.next().cloned()).ok_or(format!("{key} needs the name of a step"))?;
                let list = if key == "--only" { &mut only } else { &mut skip };
                for name in value.split(',').filter(|n| !n.is_empty()) {
                    let step = STEPS.iter().find(|s| s.name == name);
                    list.push(
                        step.ok_or_else(|| {
                            format!("no step is called {name:?}; `cargo xtask test --list` shows them")
                        })?
                        .name,
                    );
                }
            }
            other => return Err(format!("unknown option {other:?}\n\n{OPTIONS}")),
        }
    }
    let wanted =
        |s: &&Step| (!quick || s.is_quick) && (only.is_empty() || only.contains(&s.name)) && !skip.contains(&s.name);
    Ok(Some((STEPS.iter().filter(wanted).collect(), keep_going)))
}

fn run_one(step: &'static Step, context: &Context) -> Line {
    print_line(&format!("\n== {}: {}", step.name, step.about));
    // Left over from the step before; a missing file is the usual case.
    let _ = fs::remove_file(&context.skips);
    let start = Instant::now();
    let result = (step.run)(context);
    let took = start.elapsed();
    let mut skips: Vec<String> =
        fs::read_to_string(&context.skips).unwrap_or_default().lines().map(str::to_owned).collect();
    skips.sort();
    skips.dedup();
    let word = match &result {
        Ok(Outcome::Passed) => "ok".to_owned(),
        Ok(Outcome::Skipped(why)) => format!("SKIPPED: {why}"),
        Err(why) => format!("FAILED: {why}"),
    };
    print_line(&format!("== {} {word} ({})", step.name, seconds(took)));
    Line { name: step.name, took, result, skips }
}

fn summary(lines: &[Line], took: Duration) -> Result<(), String> {
    print_line("\n== summary");
    for line in lines {
        let (word, why) = match &line.result {
            Ok(Outcome::Passed) => ("ok", ""),
            Ok(Outcome::Skipped(why)) => ("skipped", why.as_str()),
            Err(why) => ("FAILED", why.as_str()),
        };
        print_line(format!("   {word:<8} {:<12} {:>9}  {why}", line.name, seconds(line.took)).trim_end());
        line.skips.iter().for_each(|skip| print_line(&format!("            {:<12}            without {skip}", "")));
    }
    let count = |f: fn(&Result<Outcome, String>) -> bool| lines.iter().filter(|l| f(&l.result)).count();
    let failed = count(|r| r.is_err());
    let skipped = count(|r| matches!(r, Ok(Outcome::Skipped(_))));
    print_line(&format!("   in all {}", seconds(took)));
    print_line(&format!("steps: {} passed, {failed} failed, {skipped} skipped", lines.len() - failed - skipped));
    match lines.iter().find(|l| l.result.is_err()) {
        Some(line) => Err(format!("a step failed; run it alone with `cargo xtask test --only {}`", line.name)),
        None => Ok(()),
    }
}

fn seconds(time: Duration) -> String {
    let all = time.as_secs_f64();
    if all < 60.0 { format!("{all:.1} s") } else { format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(args: &[&str]) -> Vec<&'static str> {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        choose(&args).expect("valid arguments").expect("no help").0.iter().map(|s| s.name).collect()
    }

    #[test]
    fn only_and_skip_choose_steps_in_the_order_of_the_table() {
        assert_eq!(chosen(&["--only", "clippy,fmt"]), ["fmt", "clippy"]);
        assert_eq!(chosen(&["--only=fmt", "--only=deny"]), ["fmt", "deny"]);
        assert_eq!(chosen(&[]).len(), STEPS.len());
        assert_eq!(chosen(&["--skip", "fmt"]).len(), STEPS.len() - 1);
        assert_eq!(chosen(&["--quick", "--only", "fmt,fuzz,unit"]), ["fmt", "unit"]);
    }

    #[test]
    fn an_unknown_step_is_named() {
        let fault = choose(&["--only".to_owned(), "nonsense".to_owned()]).err().expect("refused");
        assert!(fault.contains("nonsense"), "{fault}");
    }
}
