export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (upper === undefined || lower === undefined) throw new Error('no values to take the median of')
  return (upper + lower) / 2
}

/** The value below which such a share of the values lies. */
export function percentileOf(values: readonly number[], share: number): number {
  const value = [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]
  if (value === undefined) throw new Error('no values to take a percentile of')
  return value
}

/** Median, least and greatest; undefined of nothing. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) }
}
