-- Tags. A content has those of the file that was read; `tag_state` and `parser_state` say what is to be done for a file.
alter table file add column tag_state integer not null default 0;
    -- 0: tags to be read; 1: those of the content are known; 2: none, by its name;
    -- 3: none were found, because no program could be asked that reads more formats
alter table file add column parser_state integer not null default 0;
    -- 1: parsers of the settings are still to be run on the content
create index file_to_tag on file (id) where tag_state = 0 and content is not null;
create index file_to_read_again on file (id) where tag_state = 3;
create index file_to_parse on file (id) where parser_state = 1;

-- Texts are compared without regard to the case of ASCII letters.
drop index tag_by_value;
create index tag_by_value on tag (name, value collate nocase);

-- What was done by which version of the program, by name.
create table version (
    name text not null primary key,
    number integer not null
) strict, without rowid;
