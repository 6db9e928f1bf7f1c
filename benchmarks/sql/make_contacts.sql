-- Fills an audience with made-up people, three in ten of them with a name that ASCII doesn't hold.
-- Parameters: audience_id, size.
WITH names AS (
    SELECT
        ARRAY['Mara', 'Jonas', 'Zoë', 'Amir', 'Chloé', 'Peter', 'Sinéad', 'Olga', 'Ravi', 'Hannah'] AS first,
        ARRAY['Lindqvist', 'Okafor', 'Martin', 'Garcia', 'Smith', 'Nowak', 'Tanaka'] AS last,
        ARRAY['Lisbon', 'Leeds', 'Turin', 'Ghent', 'Bergen'] AS city
)
INSERT INTO contacts_contact (audience_id, email, first_name, last_name, properties)
SELECT
    %(audience_id)s,
    'person' || number || '@example.test',
    first[1 + number %% 10],
    last[1 + number %% 7],
    jsonb_build_object('city', city[1 + number %% 5], 'plan', 'Plan ' || number %% 3)
FROM names, generate_series(1, %(size)s) AS number
