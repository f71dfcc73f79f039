//! The types of the admin API as TypeScript: `web/kit/types.gen.ts`.

use super::admin::*;
use ts_rs::TS;

/// Returns all types of the admin API as one TypeScript module.
pub fn typescript() -> String {
    let config = ts_rs::Config::default().with_large_int("number");
    let mut out = String::from("// Made from src-server/src/control by `cargo test -p server`. Do not edit.\n");
    let mut declare = |declaration: String| {
        out.push_str("\nexport ");
        out.push_str(&declaration);
        out.push('\n');
    };
    declare(Status::decl(&config));
    declare(Address::decl(&config));
    declare(Reach::decl(&config));
    declare(Connection::decl(&config));
    declare(VolumeStatus::decl(&config));
    declare(Kick::decl(&config));
    declare(Applied::decl(&config));
    declare(Invitation::decl(&config));
    declare(Notice::decl(&config));
    declare(Transfer::decl(&config));
    declare(Overview::decl(&config));
    declare(Sharing::decl(&config));
    declare(SharingRequest::decl(&config));
    declare(Banner::decl(&config));
    declare(Problem::decl(&config));
    declare(ProblemCode::decl(&config));
    declare(Who::decl(&config));
    declare(May::decl(&config));
    declare(Limits::decl(&config));
    declare(Share::decl(&config));
    declare(ShareDraft::decl(&config));
    declare(Viewer::decl(&config));
    declare(Preview::decl(&config));
    declare(PreviewRow::decl(&config));
    declare(ShareWarning::decl(&config));
    declare(ShareIndex::decl(&config));
    declare(IndexState::decl(&config));
    declare(SkipReason::decl(&config));
    declare(SkipCount::decl(&config));
    declare(SkippedName::decl(&config));
    declare(ShareVerification::decl(&config));
    declare(FindingKind::decl(&config));
    declare(Finding::decl(&config));
    declare(Job::decl(&config));
    declare(JobState::decl(&config));
    declare(People::decl(&config));
    declare(Person::decl(&config));
    declare(PersonDraft::decl(&config));
    declare(GroupInfo::decl(&config));
    declare(Device::decl(&config));
    declare(Guest::decl(&config));
    declare(Ban::decl(&config));
    declare(HostFile::decl(&config));
    declare(Link::decl(&config));
    declare(LinkKind::decl(&config));
    declare(LinkState::decl(&config));
    declare(LinkDraft::decl(&config));
    declare(Pin::decl(&config));
    declare(Activity::decl(&config));
    declare(ActiveTransfer::decl(&config));
    declare(PastTransfer::decl(&config));
    declare(Outcome::decl(&config));
    declare(Lan::decl(&config));
    declare(Neighbour::decl(&config));
    declare(NeighbourKind::decl(&config));
    declare(CurrentNetwork::decl(&config));
    declare(Trust::decl(&config));
    declare(CheckResult::decl(&config));
    declare(CheckState::decl(&config));
    declare(SettingsForm::decl(&config));
    declare(OptionInfo::decl(&config));
    declare(OptionKind::decl(&config));
    declare(SafetyLevel::decl(&config));
    declare(Call::decl(&config));
    declare(answers(&config));
    declare(ErrorCode::decl(&config));
    declare(FaultAt::decl(&config));
    declare(ControlError::decl(&config));
    out
}

#[cfg(test)]
mod tests {
    /// The types used by the pages are those of the server. A stale file is rewritten, and the test fails so that it is
    /// noticed.
    #[test]
    fn typescript_is_up_to_date() {
        let path = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
            .join("../web/kit/types.gen.ts");
        let fresh = super::typescript();
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        if stored != fresh {
            std::fs::write(&path, &fresh).unwrap();
            panic!("web/kit/types.gen.ts was stale and has been rewritten; commit it");
        }
    }
}
