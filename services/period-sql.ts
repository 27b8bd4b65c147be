/** What approving, renewing and the look ahead count alike, as SQL over a row of `instance`. */

/** Where a new period begins: at the end of the one that still runs, else now. */
export const periodStartSql = `case when status = 'approved' and expires_at > now() then expires_at else now() end`

/** So many months of so many days; a day has 24 hours, whatever the clocks of the database do. */
export const periodLengthSql = (months: string, daysPerMonth: string) =>
  `${months}::int * ${daysPerMonth}::double precision * interval '24 hours'`
