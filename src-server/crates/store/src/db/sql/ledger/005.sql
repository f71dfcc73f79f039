-- Bytes of the first missing chunk that are received, for uploads whose sender announces no hashes and continues after the
-- last byte that was acknowledged.
alter table progress add column tail integer;
