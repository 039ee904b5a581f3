-- A year beside the year before, month by month: hours of heating and mean temperature of each thermostat.
-- The first ? is the plant's id, the second the year, such as 2026.
WITH followed AS (
    SELECT *, date_diff('millisecond', "time", lead("time") OVER (PARTITION BY module_id ORDER BY "time", digest)) AS gap
    FROM readings
    WHERE plant = ?
),
held AS (
    SELECT *, CASE WHEN gap > 21600000 THEN 6 ELSE gap / 3600000.0 END AS hours
    FROM followed
),
of_month AS (
    SELECT
        module_id,
        CAST(substr(month, 1, 4) AS integer) AS of_year,
        substr(month, 6) AS of_month,
        max_by(thermostat, "time") AS thermostat,
        sum(CASE WHEN load_state = 'ACTIVE' AND coalesce("function", '') <> 'COOLING' THEN hours ELSE 0 END) AS heating,
        sum(temperature_c * hours) / nullif(sum(CASE WHEN temperature_c IS NOT NULL THEN hours END), 0) AS mean_c
    FROM held
    GROUP BY month, module_id
),
asked AS (
    SELECT CAST(? AS integer) AS this_year
)
SELECT
    of_month,
    max_by(thermostat, of_year) AS thermostat,
    round(max(CASE WHEN of_year = this_year THEN heating END), 2) AS heating_hours,
    round(max(CASE WHEN of_year = this_year - 1 THEN heating END), 2) AS heating_hours_before,
    round(max(CASE WHEN of_year = this_year THEN mean_c END), 2) AS mean_c,
    round(max(CASE WHEN of_year = this_year - 1 THEN mean_c END), 2) AS mean_c_before
FROM of_month
CROSS JOIN asked
WHERE of_year IN (this_year, this_year - 1)
GROUP BY of_month, module_id
ORDER BY of_month, thermostat
