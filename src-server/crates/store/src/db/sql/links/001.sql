-- Share links, which admit visitors without an account. Paths are bytes, without leading or trailing slashes. Times are
-- milliseconds since 1970.
create table link (
    id text primary key,            -- identifies the link; gives no access
    digest blob not null unique,    -- SHA-256 of the token; a visitor's URL is looked up by it
    -- The token itself, so that the creator of the link can see its URL again. Only the owner of this file can read it,
    -- as the key beside it; a person who can read it can read the shared folders as well.
    token text not null,
    kind text not null,             -- 'show' or 'request'
    mount blob not null,            -- mount point of the volume
    below blob not null,            -- target path in that volume, symlinks resolved
    source blob not null,           -- fingerprint of the volume's folder: tells another folder at the same mount point
    letters text not null,          -- permission letters of visitors
    note text not null,
    pin text,                       -- Argon2id, as a PHC string
    owner text,                     -- account whose rights limit it; null: the administrator
    created integer not null,
    expires integer,
    uses integer not null,
    max_uses integer,
    received integer not null,      -- bytes
    max_bytes integer
) strict;
