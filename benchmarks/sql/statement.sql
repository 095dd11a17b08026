WITH seat AS (
  UPDATE seats.counter SET taken = taken + 1 WHERE event = 1 AND revision = 0 AND taken + 1 <= capacity RETURNING event
), person AS (
  INSERT INTO seats.person SELECT gen_random_uuid(), event, gen_random_uuid(), 'Test Person' FROM seat
), ticket AS (
  INSERT INTO seats.ticket SELECT gen_random_uuid(), event, gen_random_uuid() FROM seat
)
INSERT INTO seats.mail (event, kind, message_id) SELECT event, 'ticket', gen_random_uuid() FROM seat;
