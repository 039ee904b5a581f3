-- Hours of heating of each thermostat, by month. ? is the plant's id.
-- A reading holds until the next one, for six hours at most, as in the recorder's statistics.
WITH followed AS (
    SELECT *, date_diff('millisecond', "time", lead("time") OVER (PARTITION BY module_id ORDER BY "time", digest)) AS gap
    FROM readings
    WHERE plant = ?
),
held AS (
    SELECT *, CASE WHEN gap > 21600000 THEN 6 ELSE gap / 3600000.0 END AS hours
    FROM followed
)
SELECT
    month,
    max_by(thermostat, "time") AS thermostat,
    round(sum(CASE WHEN load_state = 'ACTIVE' AND coalesce("function", '') <> 'COOLING' THEN hours ELSE 0 END), 2) AS hours
FROM held
GROUP BY month, module_id
ORDER BY month, thermostat
