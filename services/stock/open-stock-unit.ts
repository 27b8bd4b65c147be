import { type Keyring, openBytes } from '../../domain/keyring.ts'

/** The row a unit's goods belong to, authenticated with them. */
export function stockAad(productId: string): string {
  return `stock_unit:${productId}`
}

/**
 * Opens the goods of a unit. Throws `unavailable` when the key that sealed them is missing, and `internal` when they were
 * altered or moved to another product.
 */
export function openStockUnit(keyring: Keyring, row: { readonly product_id: string; readonly sealed: string }): Buffer {
  return openBytes(keyring, stockAad(row.product_id), row.sealed)
}
