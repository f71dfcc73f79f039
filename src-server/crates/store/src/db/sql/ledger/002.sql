-- Staging table: rows of new uploads, with the columns of `file` and none of its indexes, so that an insert dirties one
-- page instead of four. They are moved to `file` before any dependent query or change, every half minute, and when
-- enough have gathered; of two rows with the same path the later one counts.
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
