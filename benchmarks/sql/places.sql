BEGIN;
UPDATE seats.place SET taken_by = gen_random_uuid() WHERE event = 1 AND number = (
  SELECT number FROM seats.place WHERE event = 1 AND taken_by IS NULL ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
);
INSERT INTO seats.person VALUES (gen_random_uuid(), 1, gen_random_uuid(), 'Test Person');
INSERT INTO seats.ticket VALUES (gen_random_uuid(), 1, gen_random_uuid());
INSERT INTO seats.mail (event, kind, message_id) VALUES (1, 'ticket', gen_random_uuid());
COMMIT;
