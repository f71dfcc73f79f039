-- Values of which there is one each, by name.
create table meta (
    name text primary key,
    value any not null
) strict, without rowid;

-- The last verification, which reads all contents again. At most one row.
create table verification (
    id integer primary key check (id = 1),
    started_at integer not null,    -- seconds since 1970
    ended_at integer,               -- null: under way
    is_cancelled integer not null,
    after integer not null,         -- rows of files with numbers up to this one were read
    files integer not null,         -- that were read
    bytes integer not null,         -- that were read
    total_bytes integer not null,   -- to be read, as estimated at its start
    differing integer not null,     -- files of which the content differs
    unreadable integer not null     -- files that could not be read
) strict;

-- What the last verification found; the newest ones.
create table finding (
    id integer primary key,
    folder blob not null,
    name blob not null,
    size integer not null,
    mtime_ns integer not null,
    kind integer not null,          -- 1: content differs; 2: differs, and the index was updated; 3: cannot be read
    found_at integer not null       -- seconds since 1970
) strict;

create index file_unreadable on file (id) where state = 2;
