//! Makes `web/src/api/types.gen.ts` from [`super::types`] and its kin.

use super::types::*;
use super::types_control::*;
use super::types_many::*;
use super::types_search::*;
use ts_rs::TS;

/// Returns all types of the API as one TypeScript module.
fn typescript() -> String {
    let config = ts_rs::Config::default().with_large_int("number");
    let mut out = String::from("// Made from edge-http/src/api/types*.rs by `cargo test -p edge-http`. Do not edit.\n");
    let rights: Vec<String> = model::perm::ALL.iter().map(|(_, _, name)| format!("\"{name}\"")).collect();
    let right = format!("type Right = {};", rights.join(" | "));
    let declarations = [
        right,
        Session::decl(&config),
        ServerInfo::decl(&config),
        AccountInfo::decl(&config),
        AccountKind::decl(&config),
        Limits::decl(&config),
        May::decl(&config),
        Volumes::decl(&config),
        VolumeInfo::decl(&config),
        FolderLine::decl(&config),
        FolderHead::decl(&config),
        UploadRules::decl(&config),
        FolderView::decl(&config),
        SortedBy::decl(&config),
        Logue::decl(&config),
        MarkdownFile::decl(&config),
        MarkdownPlugins::decl(&config),
        MarkdownHeading::decl(&config),
        MarkdownRequest::decl(&config),
        MarkdownPreview::decl(&config),
        TagInfo::decl(&config),
        NameOrder::decl(&config),
        Space::decl(&config),
        FolderEntry::decl(&config),
        PictureInfo::decl(&config),
        FileEntry::decl(&config),
        FolderEnd::decl(&config),
        EntryInfo::decl(&config),
        EntryKind::decl(&config),
        Tree::decl(&config),
        TreeFolder::decl(&config),
        Uploads::decl(&config),
        UploadInfo::decl(&config),
        SearchBody::decl(&config),
        SearchLine::decl(&config),
        ResultsHead::decl(&config),
        Place::decl(&config),
        FoundFolder::decl(&config),
        FoundFile::decl(&config),
        ResultsEnd::decl(&config),
        UnsearchedVolume::decl(&config),
        Suggestions::decl(&config),
        Suggestion::decl(&config),
        SuggestionKind::decl(&config),
        BelowLine::decl(&config),
        BelowHead::decl(&config),
        BelowEnd::decl(&config),
        PathRequest::decl(&config),
        RelocationRequest::decl(&config),
        IfExists::decl(&config),
        RenameRequest::decl(&config),
        NoteRequest::decl(&config),
        DeleteUploadRequest::decl(&config),
        Made::decl(&config),
        Deleted::decl(&config),
        PropertiesRequest::decl(&config),
        PropertiesLine::decl(&config),
        FileProperties::decl(&config),
        UploadedBy::decl(&config),
        Counted::decl(&config),
        ChecksumRequest::decl(&config),
        ChecksumLine::decl(&config),
        ChecksumProgress::decl(&config),
        ChecksumResult::decl(&config),
        ChecksumFailed::decl(&config),
        RecentUploads::decl(&config),
        RecentFile::decl(&config),
        Transfers::decl(&config),
        TransferInfo::decl(&config),
        Indexes::decl(&config),
        IndexInfo::decl(&config),
        IndexWork::decl(&config),
        Rescanned::decl(&config),
        ShareLinks::decl(&config),
        ShareLink::decl(&config),
        ShareKind::decl(&config),
        ShareState::decl(&config),
        MakeLinkRequest::decl(&config),
        RenewLinkRequest::decl(&config),
        LinkIdRequest::decl(&config),
        DeleteManyRequest::decl(&config),
        RelocateManyRequest::decl(&config),
        IfTaken::decl(&config),
        ChangeLine::decl(&config),
        ChangeBegin::decl(&config),
        ChangeProgress::decl(&config),
        ChangeConflict::decl(&config),
        EntryBrief::decl(&config),
        Shown::decl(&config),
        ChangeFailed::decl(&config),
        ChangeEnd::decl(&config),
        TrashInfo::decl(&config),
        TrashItem::decl(&config),
        TrashCause::decl(&config),
        Versions::decl(&config),
        VersionInfo::decl(&config),
        TrashIdRequest::decl(&config),
        VersionRequest::decl(&config),
        UndoRequest::decl(&config),
        Restored::decl(&config),
        ApiError::decl(&config),
        ErrorCode::decl(&config),
    ];
    for declaration in declarations {
        out.push_str("\nexport ");
        out.push_str(&declaration);
        out.push('\n');
    }
    out
}

/// The types used by the page are those of the server. A stale file is rewritten, and the test fails so that it is noticed.
#[test]
fn typescript_is_up_to_date() {
    let path = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
        .join("../../../web/src/api/types.gen.ts");
    let fresh = typescript();
    if std::fs::read_to_string(&path).unwrap_or_default() != fresh {
        std::fs::write(&path, &fresh).expect("the file is written");
        panic!("web/src/api/types.gen.ts was stale and has been rewritten; commit it");
    }
}
