/**
 * Adding goods to the stock piece by piece: each piece is a request of its own with a key of its own, so that an upload
 * that broke off goes on where it was and adds nothing twice.
 */
import { type AnswerOf, call, newIdempotencyKey, type RequestOf } from './call.ts'

type StockBody = RequestOf<'POST /api/products/{id}/stock'>['body']

/** Characters of a piece, so that progress is seen and no request is large. */
const pieceLengthMax = 200_000

export interface Piece {
  readonly key: string
  readonly body: StockBody
}

/** What an upload has added so far. */
export interface Added {
  readonly added: number
  readonly skipped: Readonly<Record<string, number>>
}

export const nothingAdded: Added = { added: 0, skipped: {} }

/** Cuts goods into pieces. Lines and JSON lines are cut between lines; a table stays whole, since its head belongs to it. */
export function cutGoods(goods: string, format: 'lines' | 'csv' | 'jsonl', source: string): Piece[] {
  const texts = format === 'csv' ? [goods] : cutLines(goods)
  return texts.map((text) => ({ key: newIdempotencyKey(), body: { format, goods: text, source } }))
}

function cutLines(goods: string): string[] {
  const pieces: string[] = []
  let rest = goods
  while (rest.length > pieceLengthMax) {
    const end = rest.lastIndexOf('\n', pieceLengthMax)
    const cut = end === -1 ? rest.indexOf('\n') : end
    if (cut === -1) break
    pieces.push(rest.slice(0, cut + 1))
    rest = rest.slice(cut + 1)
  }
  if (rest.trim() !== '') pieces.push(rest)
  return pieces
}

/** A unit that is a file. */
export async function cutFile(file: File): Promise<Piece[]> {
  return [{ key: newIdempotencyKey(), body: { file: { name: file.name, content: await base64Of(file) } } }]
}

/** The bytes of a file, as JSON can carry them. */
export async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let binary = ''
  for (let at = 0; at < bytes.length; at += 32_768) binary += String.fromCharCode(...bytes.subarray(at, at + 32_768))
  return btoa(binary)
}

export function sendPiece(product: string, piece: Piece): Promise<AnswerOf<'POST /api/products/{id}/stock'>> {
  return call('POST /api/products/{id}/stock', { params: { id: product }, body: piece.body, idempotencyKey: piece.key })
}

export function countAdded(before: Added, answer: AnswerOf<'POST /api/products/{id}/stock'>): Added {
  const skipped = { ...before.skipped }
  for (const { trouble } of answer.skipped) skipped[trouble] = (skipped[trouble] ?? 0) + 1
  return { added: before.added + answer.added, skipped }
}
