-- Mean and lowest temperature of each thermostat, by month, the coldest room first. ? is the plant's id.
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
    round(sum(temperature_c * hours) / nullif(sum(hours), 0), 2) AS mean_c,
    min(temperature_c) AS lowest_c
FROM held
WHERE temperature_c IS NOT NULL AND hours > 0
GROUP BY month, module_id
ORDER BY month, mean_c
