//! A line of the client as a value (RFC 959, 2228, 2428, 3659, 4217; MFMT of draft-somers-ftp-mfxx).

use crate::address;
use crate::time;
use model::UnixMillis;
use std::net::SocketAddr;

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandFault {
    /// There is no such command here.
    Unknown,
    /// The argument is missing or means nothing.
    Argument,
    /// The argument contains CR, LF or NUL, which no name here may have.
    ControlCharacter,
    /// Nothing but the usual value of this parameter is possible.
    Parameter,
}

/// Protection of data connections (RFC 4217, 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// `PROT C`
    Clear,
    /// `PROT P`
    Private,
}

/// Which listing a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingKind {
    /// `LIST`: lines as `ls -l` prints them.
    Long,
    /// `NLST`: names.
    Names,
    /// `MLSD`: facts (RFC 3659).
    Facts,
}

/// How a client stores a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// `STOR`
    Replace,
    /// `APPE`
    Append,
}

/// A name in an argument, as sent: relative to the current folder unless it begins with a slash. Not empty.
pub type Name = Vec<u8>;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `ABOR`
    Abort,
    /// `ACCT`
    Account,
    /// `ALLO`: bytes of the file that will be stored.
    Allocate(Option<u64>),
    /// `AUTH TLS`
    AuthTls,
    /// `CCC`
    ClearControl,
    /// `CLNT`
    ClientName,
    /// `CWD`
    ChangeFolder(Name),
    /// `CDUP`
    ToParent,
    /// `DELE`
    Delete(Name),
    /// `EPRT`, `PORT`
    Active(SocketAddr),
    /// `EPSV`; `all`: no other way follows (RFC 2428, 4).
    ExtendedPassive {
        /// `EPSV ALL`
        all: bool,
    },
    /// `FEAT`
    Features,
    /// `HELP`
    Help,
    /// `LIST`, `NLST`, `MLSD`
    List(ListingKind, Option<Name>),
    /// `MDTM`
    ModificationTime(Name),
    /// `MFMT`
    SetModificationTime(UnixMillis, Name),
    /// `MKD`
    MakeFolder(Name),
    /// `MLST`
    Facts(Option<Name>),
    /// `NOOP`
    Nothing,
    /// `OPTS MLST`: the wanted facts.
    FactOptions(Vec<u8>),
    /// `OPTS UTF8 ON`
    Utf8,
    /// `PASS`
    Password(Vec<u8>),
    /// `PASV`
    Passive,
    /// `PBSZ`
    BufferSize,
    /// `PROT`
    Protect(Protection),
    /// `PWD`
    CurrentFolder,
    /// `QUIT`
    Quit,
    /// `REST`
    Restart(u64),
    /// `RETR`
    Retrieve(Name),
    /// `RMD`
    RemoveFolder(Name),
    /// `RNFR`
    RenameFrom(Name),
    /// `RNTO`
    RenameTo(Name),
    /// `SIZE`
    Size(Name),
    /// `STAT` without argument
    Status,
    /// `STOR`, `APPE`
    Store(StoreKind, Name),
    /// `STOU`; the name, which many clients add, is used if nothing has it.
    StoreUnique(Option<Name>),
    /// `SYST`
    System,
    /// `TYPE`, `MODE`, `STRU` with the one value that has a meaning here.
    Representation,
    /// `USER`
    User(Vec<u8>),
}

impl Command {
    /// Parses a line without its end.
    ///
    /// # Errors
    /// Why it is no command.
    pub fn parse(line: &[u8]) -> Result<Self, CommandFault> {
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(CommandFault::ControlCharacter);
        }
        let (verb, argument) = match line.iter().position(|&byte| byte == b' ') {
            Some(blank) => (&line[..blank], Argument(Some(&line[blank + 1..]))),
            None => (line, Argument(None)),
        };
        let verb = verb.to_ascii_uppercase();
        argument.command(&verb).unwrap_or_else(|| argument.other(&verb))
    }

    /// Returns whether it may come before the login.
    pub fn needs_no_login(&self) -> bool {
        matches!(
            self,
            Self::Abort
                | Self::AuthTls
                | Self::BufferSize
                | Self::ClearControl
                | Self::ClientName
                | Self::Features
                | Self::Help
                | Self::Nothing
                | Self::Password(_)
                | Self::Protect(_)
                | Self::Quit
                | Self::System
                | Self::User(_)
                | Self::Utf8
        )
    }
}

/// What follows the verb and one blank; `None`: there is no blank. Further blanks belong to names.
#[derive(Clone, Copy)]
struct Argument<'a>(Option<&'a [u8]>);

impl<'a> Argument<'a> {
    fn given(self) -> Result<&'a [u8], CommandFault> {
        self.0.filter(|text| !text.is_empty()).ok_or(CommandFault::Argument)
    }

    fn name(self) -> Result<Name, CommandFault> {
        self.given().map(<[u8]>::to_vec)
    }

    fn optional_name(self) -> Option<Name> {
        self.0.filter(|text| !text.is_empty()).map(<[u8]>::to_vec)
    }

    /// The argument as a word, without blanks around it.
    fn word(self) -> Result<&'a str, CommandFault> {
        std::str::from_utf8(self.given()?).map(str::trim).map_err(|_| CommandFault::Argument)
    }

    fn number(self) -> Result<u64, CommandFault> {
        let word = self.word()?;
        // `parse` also takes a plus.
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        word.parse().ok().filter(|_| is_number).ok_or(CommandFault::Argument)
    }

    /// Commands that concern files.
    fn command(self, verb: &[u8]) -> Option<Result<Command, CommandFault>> {
        use Command as C;
        Some(match verb {
            b"APPE" => self.name().map(|name| C::Store(StoreKind::Append, name)),
            b"CWD" | b"XCWD" => self.name().map(C::ChangeFolder),
            b"CDUP" | b"XCUP" => Ok(C::ToParent),
            b"DELE" => self.name().map(C::Delete),
            b"LIST" => Ok(C::List(ListingKind::Long, self.without_switches())),
            b"NLST" => Ok(C::List(ListingKind::Names, self.without_switches())),
            b"MDTM" => self.name().map(C::ModificationTime),
            b"MFMT" => self.time_and_name().map(|(time, name)| C::SetModificationTime(time, name)),
            b"MKD" | b"XMKD" => self.name().map(C::MakeFolder),
            b"MLSD" => Ok(C::List(ListingKind::Facts, self.optional_name())),
            b"MLST" => Ok(C::Facts(self.optional_name())),
            b"PWD" | b"XPWD" => Ok(C::CurrentFolder),
            b"RETR" => self.name().map(C::Retrieve),
            b"RMD" | b"XRMD" => self.name().map(C::RemoveFolder),
            b"RNFR" => self.name().map(C::RenameFrom),
            b"RNTO" => self.name().map(C::RenameTo),
            b"SIZE" => self.name().map(C::Size),
            b"STOR" => self.name().map(|name| C::Store(StoreKind::Replace, name)),
            b"STOU" => Ok(C::StoreUnique(self.optional_name())),
            _ => return None,
        })
    }

    /// Commands that concern the session.
    fn other(self, verb: &[u8]) -> Result<Command, CommandFault> {
        use Command as C;
        Ok(match verb {
            b"ABOR" => C::Abort,
            b"ACCT" => C::Account,
            b"ALLO" => C::Allocate(self.size()?),
            b"AUTH" => self.auth()?,
            b"CCC" => C::ClearControl,
            b"CLNT" => C::ClientName,
            b"EPRT" => C::Active(address::parse_eprt(self.word()?).ok_or(CommandFault::Argument)?),
            b"EPSV" => self.epsv()?,
            b"FEAT" => C::Features,
            b"HELP" => C::Help,
            b"MODE" => self.only(&["S"])?,
            b"NOOP" => C::Nothing,
            b"OPTS" => self.opts()?,
            b"PASS" => C::Password(self.0.unwrap_or_default().to_vec()),
            b"PASV" => C::Passive,
            b"PBSZ" => self.number().map(|_| C::BufferSize)?,
            b"PORT" => C::Active(address::parse_port(self.word()?).ok_or(CommandFault::Argument)?.into()),
            b"PROT" => self.prot()?,
            b"QUIT" => C::Quit,
            b"REST" => C::Restart(self.number()?),
            b"STAT" if self.0.is_none_or(<[u8]>::is_empty) => C::Status,
            b"STAT" => return Err(CommandFault::Parameter),
            b"STRU" => self.only(&["F"])?,
            b"SYST" => C::System,
            // Contents are sent as they are, also as "ASCII", as by most servers.
            b"TYPE" => self.only(&["A", "A N", "I", "L 8"])?,
            b"USER" => C::User(self.0.unwrap_or_default().to_vec()),
            _ => return Err(CommandFault::Unknown),
        })
    }

    /// Clients send switches of `ls`, such as `-la`, before the name.
    fn without_switches(self) -> Option<Name> {
        let mut rest = self.0?;
        while rest.first() == Some(&b'-') {
            match rest.iter().position(|&byte| byte == b' ') {
                Some(blank) => rest = &rest[blank + 1..],
                None => return None,
            }
        }
        Argument(Some(rest)).optional_name()
    }

    fn time_and_name(self) -> Result<(UnixMillis, Name), CommandFault> {
        let given = self.given()?;
        let blank = given.iter().position(|&byte| byte == b' ').ok_or(CommandFault::Argument)?;
        let time = std::str::from_utf8(&given[..blank]).ok().and_then(time::parse).ok_or(CommandFault::Argument)?;
        Ok((time, Argument(Some(&given[blank + 1..])).name()?))
    }

    /// `ALLO 5`, `ALLO 5 R 1`; other texts announce nothing.
    fn size(self) -> Result<Option<u64>, CommandFault> {
        Ok(self.word()?.split(' ').next().and_then(|number| number.parse().ok()))
    }

    fn auth(self) -> Result<Command, CommandFault> {
        match self.word()?.to_ascii_uppercase().as_str() {
            "TLS" | "TLS-C" | "SSL" => Ok(Command::AuthTls),
            _ => Err(CommandFault::Parameter),
        }
    }

    fn epsv(self) -> Result<Command, CommandFault> {
        let Some(text) = self.0.filter(|text| !text.is_empty()) else {
            return Ok(Command::ExtendedPassive { all: false });
        };
        match text.to_ascii_uppercase().as_slice() {
            b"ALL" => Ok(Command::ExtendedPassive { all: true }),
            // The family of addresses is that of the control connection in any case.
            b"1" | b"2" => Ok(Command::ExtendedPassive { all: false }),
            _ => Err(CommandFault::Parameter),
        }
    }

    fn opts(self) -> Result<Command, CommandFault> {
        let word = self.word()?.to_ascii_uppercase();
        let (feature, value) = word.split_once(' ').unwrap_or((&word, ""));
        match feature {
            // Names are UTF-8 at all times: a client that wants another encoding must be told that it does not get it.
            "UTF8" | "UTF-8" if matches!(value.trim(), "" | "ON" | "NLST") => Ok(Command::Utf8),
            "MLST" => Ok(Command::FactOptions(value.as_bytes().to_vec())),
            _ => Err(CommandFault::Parameter),
        }
    }

    fn prot(self) -> Result<Command, CommandFault> {
        match self.word()?.to_ascii_uppercase().as_str() {
            "C" => Ok(Command::Protect(Protection::Clear)),
            "P" => Ok(Command::Protect(Protection::Private)),
            _ => Err(CommandFault::Parameter),
        }
    }

    fn only(self, possible: &[&str]) -> Result<Command, CommandFault> {
        match possible.contains(&self.word()?.to_ascii_uppercase().as_str()) {
            true => Ok(Command::Representation),
            false => Err(CommandFault::Parameter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Command as C;

    #[test]
    fn commands() {
        let name = |text: &str| text.as_bytes().to_vec();
        for (line, expected) in [
            ("user  a b", C::User(name(" a b"))),
            ("PASS", C::Password(Vec::new())),
            ("pass a b ", C::Password(name("a b "))),
            ("RETR  a ", C::Retrieve(name(" a "))),
            ("XCWD a", C::ChangeFolder(name("a"))),
            ("LIST", C::List(ListingKind::Long, None)),
            ("LIST -la", C::List(ListingKind::Long, None)),
            ("LIST -a -l  x", C::List(ListingKind::Long, Some(name(" x")))),
            ("MLSD -x", C::List(ListingKind::Facts, Some(name("-x")))),
            ("TYPE a n", C::Representation),
            ("REST 0", C::Restart(0)),
            ("ALLO 7 R 3", C::Allocate(Some(7))),
            ("EPSV all", C::ExtendedPassive { all: true }),
            ("EPSV", C::ExtendedPassive { all: false }),
            ("AUTH ssl", C::AuthTls),
            ("PROT p", C::Protect(Protection::Private)),
            ("PORT 127,0,0,1,4,1", C::Active("127.0.0.1:1025".parse().expect("an address"))),
            ("EPRT |2|::1|1025|", C::Active("[::1]:1025".parse().expect("an address"))),
            ("MFMT 19700101000001 a b", C::SetModificationTime(UnixMillis(1000), name("a b"))),
            ("OPTS mlst size;type;", C::FactOptions(name("SIZE;TYPE;"))),
            ("OPTS UTF8 ON", C::Utf8),
            ("OPTS utf8", C::Utf8),
            ("STAT", C::Status),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), Ok(expected), "{line}");
        }
    }

    #[test]
    fn faults() {
        for (line, expected) in [
            ("", CommandFault::Unknown),
            ("SITE CHMOD 777 x", CommandFault::Unknown),
            ("RETR", CommandFault::Argument),
            ("RETR ", CommandFault::Argument),
            ("RETR a\rb", CommandFault::ControlCharacter),
            ("RETR a\0b", CommandFault::ControlCharacter),
            ("REST -1", CommandFault::Argument),
            ("REST +1", CommandFault::Argument),
            ("REST 99999999999999999999", CommandFault::Argument),
            ("PORT 1,2,3,4,5", CommandFault::Argument),
            ("MODE Z", CommandFault::Parameter),
            ("TYPE E", CommandFault::Parameter),
            ("PROT S", CommandFault::Parameter),
            ("MFMT 1970 a", CommandFault::Argument),
            ("MFMT 19700101000001", CommandFault::Argument),
            ("STAT x", CommandFault::Parameter),
            ("OPTS UTF8 OFF", CommandFault::Parameter),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), Err(expected), "{line:?}");
        }
    }
}
