BEGIN;
UPDATE seats.counter SET taken = taken + 1 WHERE event = 1 AND revision = 0 AND taken + 1 <= capacity;
INSERT INTO seats.person VALUES (gen_random_uuid(), 1, gen_random_uuid(), 'Test Person');
INSERT INTO seats.ticket VALUES (gen_random_uuid(), 1, gen_random_uuid());
INSERT INTO seats.mail (event, kind, message_id) VALUES (1, 'ticket', gen_random_uuid());
COMMIT;
