//! Generates a manual page from the output of `--help`, so that texts exist only once. It relies on the layout of the
//! help: headings at the margin end in a colon, options are two columns in, their texts further.

/// A line of the help, by what it is.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Heading(&'a str),
    /// An option with its text on the same line, if any.
    Option(&'a str, &'a str),
    /// More of the text.
    Text(&'a str),
    Empty,
}

fn line(line: &str) -> Line<'_> {
    let text = line.trim();
    let indent = line.len() - line.trim_start().len();
    match indent {
        _ if text.is_empty() => Line::Empty,
        0 => text.strip_suffix(':').map_or(Line::Text(text), Line::Heading),
        2 if text.starts_with('-') => match text.split_once("  ") {
            Some((option, about)) => Line::Option(option, about.trim()),
            None => Line::Option(text, ""),
        },
        // The lines of an example: what to type.
        2 => Line::Option(text, ""),
        _ => Line::Text(text),
    }
}

/// The page in roff. `help`: what the program prints; `longer`: more pages with the heading of each.
pub fn page(version: &str, help: &str, longer: &[(&str, String)]) -> String {
    let mut page = format!(
        ".TH POTLUCK-SERVER 1 \"\" \"Potluck {}\" \"User commands\"\n.SH NAME\npotluck-server \\- share folders with the \
         people around you\n.SH SYNOPSIS\n.B potluck-server\n[OPTIONS]\n.SH DESCRIPTION\n",
        escape(version)
    );
    page.push_str(
        "Serves folders over HTTP and HTTPS to any browser, to the command line, and to copyparty's uploader.\n",
    );
    options(&mut page, help);
    for (heading, text) in longer {
        page.push_str(&format!(".SH {}\n.nf\n", escape(&heading.to_uppercase())));
        text.lines().for_each(|line| page.push_str(&format!("{}\n", escape(line))));
        page.push_str(".fi\n");
    }
    page.push_str(
        ".SH FILES\n.TP\n/etc/potluck/potluck.toml\nThe configuration of the system's service.\n.SH EXIT STATUS\n.TP\n0\n\
         It was told to end.\n.TP\n1\nThe configuration is wrong; every fault is printed.\n.TP\n2\nAn address or port \
         is in use or not permitted.\n",
    );
    page
}

fn options(page: &mut String, help: &str) {
    for parsed in help.lines().skip_while(|l| l.starts_with("Usage")).map(line) {
        match parsed {
            Line::Heading(text) => page.push_str(&format!(".SH {}\n", escape(&text.to_uppercase()))),
            Line::Option(option, about) => {
                page.push_str(&format!(".TP\n.B {}\n", escape(option)));
                if !about.is_empty() {
                    page.push_str(&format!("{}\n", escape(about)));
                }
            }
            Line::Text(text) => page.push_str(&format!("{}\n", escape(text))),
            Line::Empty => {}
        }
    }
}

/// Escapes characters that are special in roff.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_they_look_like() {
        assert_eq!(line("network:"), Line::Heading("network"));
        assert_eq!(line("  --name TEXT     what it is called"), Line::Option("--name TEXT", "what it is called"));
        assert_eq!(line("  --ports PORT,.."), Line::Option("--ports PORT,..", ""));
        assert_eq!(line("                  more of it"), Line::Text("more of it"));
        assert_eq!(line("  potluck-server -c a.toml"), Line::Option("potluck-server -c a.toml", ""));
        assert_eq!(line(" "), Line::Empty);
    }

    #[test]
    fn a_page_has_every_option_and_nothing_that_roff_takes_for_a_command() {
        let page =
            page("1.2", "Usage: x\n\ngeneral:\n  -h, --help  show\n              .this\n", &[("files", "'a\n".into())]);
        assert!(page.contains(".SH GENERAL\n.TP\n.B \\-h, \\-\\-help\nshow\n\\&.this\n"), "{page}");
        assert!(page.contains(".SH FILES\n.nf\n\\&'a\n.fi\n"), "{page}");
    }
}
