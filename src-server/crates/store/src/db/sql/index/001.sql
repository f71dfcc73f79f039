-- Folders and files of a volume. Paths and names are bytes, relative to the volume's root, without outer slashes.
create table folder (
    id integer primary key,
    parent integer,                 -- null: the volume's root
    path blob not null,
    is_hidden integer not null,     -- a component of the path begins with a dot
    fingerprint integer not null,   -- of names, sizes and times in the folder; 0: compare it with the disk
    files integer not null,         -- in it and below
    bytes integer not null          -- in it and below
) strict;
create unique index folder_by_path on folder (path);
create index folder_by_parent on folder (parent);

create table file (
    id integer primary key,
    folder integer not null,
    name blob not null,
    size integer not null,
    mtime_ns integer not null,      -- nanoseconds since 1970
    content blob,                   -- 33 bytes: hash of the content; 12 bytes: of path and date; null: not known yet
    uploaded_at integer,            -- seconds since 1970; null: not uploaded
    state integer not null          -- 0: content to be hashed; 1: finished; 2: cannot be read
) strict;
create unique index file_by_name on file (folder, name);
create index file_by_content on file (substr(content, 1, 12)) where content is not null;
create index file_by_size on file (size);
create index file_by_time on file (mtime_ns);
create index file_to_hash on file (id) where state = 0;

-- Trigrams of folded names. Only numbers of files are kept, so names are compared afterwards.
create virtual table name_index using fts5
    (name, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1');

-- Tags hang on content: copies share them, renames keep them.
create table tag (
    content blob not null,          -- 12 bytes, as in file_by_content
    name text not null,
    value any not null,             -- integer, real or text
    primary key (content, name)
) strict, without rowid;
create index tag_by_value on tag (name, value);
