-- Links that let visitors in who have no account. Paths are bytes, without slashes at the ends. Times are milliseconds
-- since 1970.
create table link (
    id text primary key,            -- names it; gives no access
    digest blob not null unique,    -- SHA-256 of the token: what a visitor's address is looked up by
    -- The token itself, so that whoever made the link can see its address again. This file is closed to others, as the
    -- key beside it is; who can read it can read the shared folders too.
    token text not null,
    kind text not null,             -- 'show' or 'request'
    mount blob not null,            -- mount point of the volume
    below blob not null,            -- the target in that volume, without links
    source blob not null,           -- fingerprint of the volume's folder: another folder under that name is another one
    letters text not null,          -- what a visitor may do there
    note text not null,
    pin text,                       -- Argon2id, as a PHC string
    owner text,                     -- the account whose rights it lives on; null: whoever runs the server
    created integer not null,
    expires integer,
    uses integer not null,
    max_uses integer,
    received integer not null,      -- bytes
    max_bytes integer
) strict;
