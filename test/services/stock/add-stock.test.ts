/** Goods on their way to the shelf: what is added, what is skipped and named, and that nothing is half known. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { listAudit } from '../../../services/audit/list-audit.ts'
import { archiveProduct } from '../../../services/catalogue/archive-product.ts'
import { addStock } from '../../../services/stock/add-stock.ts'
import { openStockUnit } from '../../../services/stock/open-stock-unit.ts'
import { ownerActor } from '../../support/rig.ts'
import { Shelf } from './shelf-fixture.ts'

let shelf: Shelf
beforeAll(async () => {
  shelf = await Shelf.open()
})
afterAll(() => shelf.close())

/** The goods of a product as they would be handed over, in the order in which they are sold. */
async function goodsOf(product: string): Promise<string[]> {
  const rows = await shelf.rows<{ product_id: string; sealed: string }>(
    'select product_id, sealed from stock_unit where product_id = $1 order by added_at, id',
    [product],
  )
  return rows.map((row) => openStockUnit(shelf.keyring, row).toString('utf8'))
}

function manyLines(count: number): string {
  return Array.from({ length: count }, (_, at) => `user${at}@mail.example:pw-${at * 7919}`).join('\n')
}

describe('a file of lines', () => {
  test('is cut at either end of line, its last line needs none, and it is sold in its order', async () => {
    const product = await shelf.product()
    const added = await shelf.add(product, '\ufefffirst\r\nsecond \n\tthird\nlast')
    expect(added).toMatchObject({ product, added: 4, skipped: [], available: 4 })
    expect(await goodsOf(product)).toEqual(['first', 'second ', '\tthird', 'last'])
  })

  test('what is no unit is named by its line and skipped, and the rest is added', async () => {
    const product = await shelf.product()
    const file = Buffer.concat([
      Buffer.from('good\n\n   \n'),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(`bell\u0007\n${'x'.repeat(8193)}\n${'y'.repeat(8192)}\r\ngood\n`),
    ])
    const added = await shelf.add(product, file)
    expect(added.added).toBe(2)
    expect(added.skipped).toEqual([
      { line: 2, trouble: 'blank' },
      { line: 3, trouble: 'blank' },
      { line: 4, trouble: 'not_utf8' },
      { line: 5, trouble: 'control_characters' },
      { line: 6, trouble: 'too_long' },
      { line: 8, trouble: 'repeated', same_as: 1 },
    ])
    expect(await goodsOf(product)).toEqual(['good', 'y'.repeat(8192)])
  })

  test('what is in stock or was sold already is named, also when another one of the batch is new', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a\nb\nc\n')
    await shelf.order(await shelf.buyer(), product, 1)
    const again = await shelf.add(product, 'new\na\nb\n')
    expect(again).toMatchObject({ added: 1, available: 3 })
    expect(again.skipped).toEqual([
      { line: 2, trouble: 'in_stock' },
      { line: 3, trouble: 'in_stock' },
    ])
    const [batch] = await shelf.rows('select added, duplicates, source from stock_batch where id = $1', [again.import])
    expect(batch).toEqual({ added: 1, duplicates: 2, source: 'goods.txt' })
  })

  test('the same goods of another product are other goods, and do not look alike', async () => {
    const [one, other] = [await shelf.product(), await shelf.product()]
    await shelf.add(one, 'same')
    expect((await shelf.add(other, 'same')).added).toBe(1)
    const rows = await shelf.rows<{ fingerprint: Buffer }>(
      'select fingerprint from stock_unit where product_id in ($1, $2)',
      [one, other],
    )
    expect(rows[0]?.fingerprint.equals(rows[1]?.fingerprint ?? Buffer.alloc(0))).toBe(false)
  })

  test('a file in which nothing is a unit changes nothing and says why', async () => {
    const product = await shelf.product()
    await expect(shelf.add(product, '')).rejects.toThrow('it is empty')
    await expect(shelf.add(product, '\n \n')).rejects.toThrow('every line is blank')
    await expect(shelf.add(product, Buffer.from([0xff]))).rejects.toThrow('line 1: not UTF-8')
    expect(await shelf.rows('select 1 from stock_batch where product_id = $1', [product])).toEqual([])
  })

  test('the goods are nowhere in the database in plain', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'canary-of-the-stock')
    const [found] = await shelf.rows<{ text: string }>(
      `select string_agg(u::text, '') as text from stock_unit u where product_id = $1`,
      [product],
    )
    expect(found?.text).not.toContain('canary')
    expect(found?.text).not.toContain(Buffer.from('canary-of-the-stock').toString('hex'))
    expect(JSON.stringify(await listAudit(shelf.test.database, ownerActor, { target: product }))).not.toContain(
      'canary',
    )
  })

  test('a box that is moved to another product does not open', async () => {
    const [one, other] = [await shelf.product(), await shelf.product()]
    await shelf.add(one, 'mine')
    const [row] = await shelf.rows<{ sealed: string }>('select sealed from stock_unit where product_id = $1', [one])
    const moved = { product_id: other, sealed: row?.sealed ?? '' }
    expect(() => openStockUnit(shelf.keyring, moved)).toThrow('altered or moved')
  })
})

describe('a file that is a unit', () => {
  const addFile = (product: string, name: string, bytes: Buffer) =>
    shelf.run(addStock, { product, keyring: shelf.keyring, source: 'x', goods: { file: { name, bytes } } })

  test('keeps its bytes and its name without its folders', async () => {
    const product = await shelf.product()
    const bytes = Buffer.from([0, 255, 10, 13, 128])
    expect(await addFile(product, '/home/ann/config.ovpn', bytes)).toMatchObject({ added: 1, skipped: [] })
    const [row] = await shelf.rows<{ product_id: string; kind: string; file_name: string; sealed: string }>(
      'select product_id, kind, file_name, sealed from stock_unit where product_id = $1',
      [product],
    )
    expect(row).toMatchObject({ kind: 'file', file_name: 'config.ovpn' })
    expect(row && openStockUnit(shelf.keyring, row)).toEqual(bytes)
    expect((await addFile(product, 'other.ovpn', bytes)).skipped).toEqual([{ line: 1, trouble: 'in_stock' }])
  })

  test('an empty one and one that is too large are refused', async () => {
    const product = await shelf.product()
    await expect(addFile(product, 'a', Buffer.alloc(0))).rejects.toThrow('empty')
    await expect(addFile(product, 'a', Buffer.alloc(5 * 1024 * 1024 + 1))).rejects.toThrow('more than 5 MB')
    await expect(addFile(product, 'a\nb', Buffer.from('x'))).rejects.toThrow("a file's name")
  })
})

describe('an import of many', () => {
  test('100,000 lines are added, and a second time none', async () => {
    const product = await shelf.product()
    const text = manyLines(100_000)
    const steps: number[] = []
    const goods = { lines: Buffer.from(text) }
    const onProgress = (units: number) => void steps.push(units)
    const added = await shelf.run(addStock, { product, keyring: shelf.keyring, source: 'big', goods, onProgress })
    expect(added).toMatchObject({ added: 100_000, available: 100_000, skipped: [] })
    expect(steps.at(-1)).toBe(100_000)
    expect(steps.length).toBeGreaterThan(10)
    const again = await shelf.add(product, text)
    expect(again.added).toBe(0)
    expect(again.skipped).toHaveLength(100_000)
    expect(await shelf.states(product)).toEqual({ available: 100_000 })
  }, 60_000)

  test('one that ends in the middle has added nothing, and the next one adds all', async () => {
    const product = await shelf.product()
    const goods = { lines: Buffer.from(manyLines(20_000)) }
    const input = { product, keyring: shelf.keyring, source: 'big', goods }
    const onProgress = (units: number) => {
      if (units > 10_000) throw new Error('the cable was pulled')
    }
    await expect(shelf.run(addStock, { ...input, onProgress })).rejects.toThrow('the cable was pulled')
    expect(await shelf.states(product)).toEqual({})
    expect(await shelf.rows('select 1 from stock_batch where product_id = $1', [product])).toEqual([])
    expect((await shelf.run(addStock, input)).added).toBe(20_000)
  }, 60_000)

  test('of imports of the same lines at once, in any order, each line is added once', async () => {
    const product = await shelf.product()
    const lines = manyLines(6000).split('\n')
    const files = [lines, [...lines].reverse(), [...lines.slice(3000), ...lines.slice(0, 3000)]]
    const outcomes = await Promise.all(files.map((file) => shelf.add(product, file.join('\n'))))
    expect(outcomes.map(({ added }) => added).sort((a, b) => a - b)).toEqual([0, 0, 6000])
    expect(await shelf.states(product)).toEqual({ available: 6000 })
  }, 60_000)
})

describe('the guards', () => {
  test('a viewer adds nothing, and nothing is added to what is archived or not there', async () => {
    const product = await shelf.product()
    const viewer: Actor = { ...ownerActor, role: 'viewer' }
    const input = { product, keyring: shelf.keyring, source: 'x', goods: { lines: Buffer.from('a') } }
    await expect(shelf.run(addStock, input, viewer)).rejects.toThrow('stock.add')
    await expect(shelf.add('nothing', 'a')).rejects.toThrow('no product nothing')
    await shelf.run(archiveProduct, { id: product })
    await expect(shelf.add(product, 'a')).rejects.toThrow('is archived')
  })

  test('goods are added once even when the database is written to past the service', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a')
    await expect(
      shelf.rows(
        `insert into stock_unit (product_id, key_id, sealed, fingerprint)
         select product_id, key_id, sealed, fingerprint from stock_unit where product_id = $1`,
        [product],
      ),
    ).rejects.toThrow('stock_unit_once')
  })

  test('an import leaves who did it in the audit', async () => {
    const product = await shelf.product()
    const { import: batch } = await shelf.add(product, 'a\na')
    const [row] = await listAudit(shelf.test.database, ownerActor, { target: product, action: 'stock.add' })
    expect(row).toMatchObject({ actor: ownerActor.name, details: { batch, added: 1, skipped: 1, source: 'goods.txt' } })
  })
})
