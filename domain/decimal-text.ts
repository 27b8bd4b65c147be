/** Decimal numbers as other programs write them, read digit by digit: `12.5`, `-0.30000000000000004`, `1e-07`. */

export interface DecimalText {
  /** In units of 10 to the power of minus `scale`; rounded half away from zero where there are more digits. */
  readonly amount: bigint
  /** What rounding has added, in units of 10 to the power of minus `scale + finer`; 0n for most. */
  readonly rounded: { readonly amount: bigint; readonly finer: number }
}

/** Enough for everything that a double can be, and a limit on what is computed. */
const exponentMax = 400

/** Reads a decimal number at a scale; null when the text is none. */
export function parseDecimalText(text: string, scale: number): DecimalText | null {
  const match = /^([+-]?)(\d{0,400})(?:\.(\d{0,400}))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text.trim())
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  const exponent = Number(exponentText)
  if (whole + fraction === '' || Math.abs(exponent) > exponentMax) return null
  const digits = BigInt(whole + fraction)
  const signed = sign === '-' ? -digits : digits
  // The number is `signed` times 10 to the power of `shift`, in units of the scale.
  const shift = scale - fraction.length + exponent
  if (shift >= 0) return { amount: signed * 10n ** BigInt(shift), rounded: { amount: 0n, finer: 0 } }
  const finer = -shift
  const unit = 10n ** BigInt(finer)
  const amount = roundHalfUp(digits, unit) * (sign === '-' ? -1n : 1n)
  return { amount, rounded: { amount: amount * unit - signed, finer } }
}

function roundHalfUp(digits: bigint, unit: bigint): bigint {
  return (digits * 2n + unit) / (unit * 2n)
}
