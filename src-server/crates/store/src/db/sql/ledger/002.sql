-- Files that have just arrived, with the columns of `file` and none of its indexes: an entry dirties one page instead of
-- four. They are moved to `file` before anything is asked or changed there, and every half minute; the later one of two
-- with the same path counts.
create table arrival (
    id integer primary key,
    folder blob not null,
    name blob not null,
    size integer not null,
    lmod integer not null,
    wark text,
    hashes blob,
    address text not null,
    account text not null,
    uploaded_at integer not null,
    expires_at integer,
    seen_boot text not null,
    seen_ino integer not null,
    seen_mtime_ns integer not null
) strict;
