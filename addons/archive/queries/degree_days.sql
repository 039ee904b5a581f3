-- Degree days of each thermostat, by month: for how long, and by how much, its room was below a base temperature.
-- The first ? is the plant's id, the second the base in degrees Celsius, such as 20. One degree below it for a day is one degree day.
-- These are of the rooms: thermostats do not know the weather, by which degree days of heating bills are counted.
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
    round(sum(greatest(0, CAST(? AS double) - temperature_c) * hours) / 24, 2) AS degree_days
FROM held
WHERE temperature_c IS NOT NULL
GROUP BY month, module_id
ORDER BY month, thermostat
