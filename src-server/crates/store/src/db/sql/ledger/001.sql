-- Files that were uploaded, or whose content is known. Paths are bytes, relative to the volume's root, without leading
-- or trailing slashes. Times are milliseconds since 1970 unless the name says otherwise.
create table file (
    id integer primary key,
    folder blob not null,
    name blob not null,
    size integer not null,
    lmod integer not null,          -- modification time that the uploader declared
    wark text,                      -- null: content not hashed by chunks (yet)
    hashes blob,                    -- 33 bytes for each chunk
    address text not null,
    account text not null,
    uploaded_at integer not null,
    expires_at integer,
    -- State of the file when the server last verified its content, and the boot: if unchanged, it need not be hashed
    -- again.
    seen_boot text not null,
    seen_ino integer not null,
    seen_mtime_ns integer not null
) strict;
create unique index file_by_path on file (folder, name);
create index file_by_wark on file (wark) where wark is not null;
create index file_by_expiry on file (expires_at) where expires_at is not null;
create index file_by_time on file (uploaded_at);

-- Unfinished uploads. Their progress has a table of its own: it changes with every chunk, the rest never does.
create table upload (
    id integer primary key,
    wark text not null,
    folder blob not null,
    name blob not null,
    asked_name blob not null,       -- as the client sent it
    size integer not null,
    hashes blob not null,
    lmod integer not null,
    when_taken integer not null,
    random integer not null,
    account text not null,
    address text not null,
    started integer not null,
    lifetime_secs integer,
    partial blob not null           -- name of the partial file, in the same folder
) strict;
create table progress (
    upload integer primary key,
    have blob not null,             -- one bit for each chunk, lowest first
    boot text not null,             -- the boot in which those bits were set
    touched integer not null
) strict;
