//! What the hidden mode of this program is asked to do, and how that is written as arguments.

use super::command::Isolation;
use std::ffi::OsString;

/// The first argument of the hidden mode.
pub(super) const MODE: &str = "--potluck-run-limited";
/// What the hidden mode is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Launch {
    pub isolation: Isolation,
    /// Seconds.
    pub processor_secs: u64,
    /// Bytes.
    pub memory: u64,
    /// Process that started the launcher.
    pub parent: u32,
    /// The program's path and its arguments.
    pub program: Vec<OsString>,
}

impl Launch {
    pub fn to_args(&self) -> Vec<OsString> {
        let numbers = [self.processor_secs, self.memory, self.parent.into()].map(|number| number.to_string().into());
        let first = [MODE.into(), self.isolation.as_str().into()].into_iter();
        first.chain(numbers).chain(self.program.iter().cloned()).collect()
    }

    /// Reads what [`Launch::to_args`] writes, after the first argument.
    pub fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Self> {
        let isolation = Isolation::parse(args.next()?.to_str()?)?;
        let mut number = || args.next()?.to_str()?.parse::<u64>().ok();
        let (processor_secs, memory, parent) = (number()?, number()?, u32::try_from(number()?).ok()?);
        let program: Vec<OsString> = args.collect();
        (!program.is_empty()).then_some(Self { isolation, processor_secs, memory, parent, program })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_back() {
        let program = ["/usr/bin/tool", "-i", "--", "a b", ""].map(OsString::from).to_vec();
        let launch = Launch { isolation: Isolation::Plugin, processor_secs: 3, memory: 1 << 40, parent: 77, program };
        assert_eq!(Launch::parse(launch.to_args().into_iter().skip(1)), Some(launch.clone()));
        for length in 0..5 {
            assert_eq!(Launch::parse(launch.to_args().into_iter().skip(1).take(length)), None);
        }
    }
}
