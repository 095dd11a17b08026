TRUNCATE seats.counter, seats.place, seats.person, seats.ticket, seats.mail;
INSERT INTO seats.counter VALUES (1, 1000000000, 0, 0);
INSERT INTO seats.place SELECT 1, n, NULL FROM generate_series(1, 30000) n;
