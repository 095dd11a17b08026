-- Tables with the keys that a registration's have, so that the ways differ by how the seat is taken and nothing else.
CREATE SCHEMA seats;
CREATE TABLE seats.counter (
  event int PRIMARY KEY, capacity int, taken int NOT NULL, revision int NOT NULL, CHECK (taken <= capacity)
);
CREATE TABLE seats.place (event int, number int, taken_by uuid, PRIMARY KEY (event, number));
CREATE INDEX free_place ON seats.place (event, number) WHERE taken_by IS NULL;
CREATE TABLE seats.person (
  id uuid PRIMARY KEY, event int NOT NULL, person_key uuid NOT NULL, name text NOT NULL, UNIQUE (event, person_key)
);
CREATE TABLE seats.ticket (id uuid PRIMARY KEY, event int NOT NULL, short_code text, UNIQUE (event, short_code));
CREATE TABLE seats.mail (id bigserial PRIMARY KEY, event int NOT NULL, kind text NOT NULL, message_id text UNIQUE);
