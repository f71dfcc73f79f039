//! Logs, and copyparty's switches for debugging.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("quiet", &["-q"], "print only warnings on the terminal").sets(Field::Switch(|s| &mut s.logging.quiet)),
    Spec::value("log-file", &["-lo"], Kind::Path, "PATH", "", "log to a file; %Y %m %d %H %M %S become the date")
        .sets(Field::MaybeText(|s| &mut s.logging.file)),
    Spec::switch("log-json", &[], "log as JSON, one object per line").sets(Field::Switch(|s| &mut s.logging.json)),
    Spec::value("lf-url", &[], Kind::Regex, "RE", "", "do not log requests whose URL matches").sets(Field::custom(
        |s, text| {
            values::regex(text)?;
            s.logging.skip_urls = Some(text.to_owned()).filter(|text| !text.is_empty());
            Ok(())
        },
        |s| s.logging.skip_urls.clone(),
    )),
    Spec::value("flo", &[], Kind::Number, "N", "", "copyparty: format of the log").not_here(),
    Spec::switch("no-voldump", &[], "copyparty: do not list the volumes at the start").not_here(),
    Spec::switch("log-utc", &[], "write times in logs as UTC").not_yet(),
    Spec::value("log-tdec", &[], Kind::Number, "N", "", "copyparty: decimals of times in logs").not_here(),
    Spec::value("log-badpwd", &[], Kind::Number, "0-2", "", "copyparty: wrong passwords in logs; here never")
        .not_here(),
    Spec::value("log-date", &[], Kind::Text, "FORMAT", "", "copyparty: dates in logs").not_here(),
    Spec::switch("log-conn", &[], "log connections").not_yet(),
    Spec::switch("log-htp", &[], "copyparty: debugging").not_here(),
    Spec::value("ihead", &[], Kind::Repeat, "HEADER", "", "log this header of requests").not_yet(),
    Spec::value("ohead", &[], Kind::Repeat, "HEADER", "", "log this header of responses").not_yet(),
    Spec::value("stackmon", &[], Kind::Text, "PATH,SEC", "", "copyparty: debugging").not_here(),
    Spec::switch("no-ifaces", &[], "copyparty: do not list the addresses at the start").not_here(),
];
