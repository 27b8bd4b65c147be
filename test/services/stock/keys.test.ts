/** Goods while the keys that seal them change. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Keyring, makeKeyring } from '../../../domain/keyring.ts'
import { countOldSeals } from '../../../services/count-old-seals.ts'
import { listKeyFingerprints } from '../../../services/list-key-fingerprints.ts'
import { rotateKeys } from '../../../services/rotate-keys.ts'
import { addStock } from '../../../services/stock/add-stock.ts'
import { checkSeals } from '../../../services/stock/check-seals.ts'
import { readGoods } from '../../../services/stock/read-goods.ts'
import { ownerActor } from '../../support/rig.ts'
import { Shelf } from './shelf-fixture.ts'

let shelf: Shelf
beforeEach(async () => {
  shelf = await Shelf.open()
})
afterEach(() => shelf.close())

/** A keyring with a new active key; the older ones still open. */
function withNewKey(keyring: Keyring): Keyring {
  return makeKeyring([randomBytes(32), ...keyring.keys.values()])
}
function onlyActive(keyring: Keyring): Keyring {
  return makeKeyring([keyring.keys.get(keyring.activeKeyId) ?? Buffer.alloc(0)])
}

/** A server's keyring that has the new key, but seals with the old one still. */
function staleOf(fresh: Keyring, old: Keyring): Keyring {
  return { activeKeyId: old.activeKeyId, keys: fresh.keys }
}

/** Until somebody waits for a lock in this database. */
async function waiting(of: Shelf): Promise<void> {
  await vi.waitFor(async () => {
    const waits = await of.rows(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(waits).toHaveLength(1)
  })
}

async function rotate(keyring: Keyring, batchSize = 100): Promise<number> {
  let units = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step: Awaited<ReturnType<typeof rotateKeys>> = await shelf.run(rotateKeys, { keyring, batchSize, after })
    units += step.units
    after = step.next
  }
  return units
}

const seals = (keyring: Keyring) => shelf.run(checkSeals, { keyring, after: 0, batchSize: 5000 })

test('a rotation seals all goods anew, sold ones too, and the old key is not needed any more', async () => {
  const product = await shelf.product()
  const lines = Array.from({ length: 250 }, (_, at) => `unit ${at}`)
  await shelf.add(product, lines.join('\n'))
  const buyer = await shelf.buyer()
  const { id: orderId } = await shelf.order(buyer, product, 3)
  const fresh = withNewKey(shelf.keyring)
  expect(await shelf.run(countOldSeals, { keyId: fresh.activeKeyId })).toEqual({
    credentials: 1,
    whatsapp: 0,
    units: 250,
  })
  expect(await rotate(fresh)).toBe(250)
  const bare = onlyActive(fresh)
  expect(await seals(bare)).toMatchObject({ checked: 247, old: 0, locked: 0, broken: [] })
  const goods = await readGoods(shelf.test.database, bare, { orderId })
  expect(goods.map(({ content }) => content.toString())).toEqual(['unit 0', 'unit 1', 'unit 2'])
  expect(await listKeyFingerprints(shelf.test.database)).toEqual([fresh.activeKeyId])
  // The same goods are known again, although every box and the key are others.
  expect(await shelf.add(product, lines.join('\n'), bare)).toMatchObject({ added: 0 })
})

test('a rotation that was interrupted goes on where it stopped', async () => {
  const product = await shelf.product()
  await shelf.add(product, 'a\nb\nc\nd\ne')
  await shelf.buyer()
  const fresh = withNewKey(shelf.keyring)
  const first = await shelf.run(rotateKeys, { keyring: fresh, batchSize: 2, after: 0 })
  expect(first).toMatchObject({ credentials: 1, units: 0 })
  const second = await shelf.run(rotateKeys, { keyring: fresh, batchSize: 2, after: 0 })
  expect(second).toMatchObject({ credentials: 0, units: 2 })
  expect(await listKeyFingerprints(shelf.test.database)).toContain(shelf.keyring.activeKeyId)
  expect(await rotate(fresh, 2)).toBe(3)
  expect(await seals(onlyActive(fresh))).toMatchObject({ checked: 5, locked: 0 })
})

test('units that somebody is ordering wait for another round, and nobody waits for them', async () => {
  const product = await shelf.product()
  await shelf.add(product, 'a\nb\nc')
  const fresh = withNewKey(shelf.keyring)
  await shelf.test.database.transaction(async (tx) => {
    await tx.query('select from stock_unit where id = (select min(id) from stock_unit) for update')
    expect(await shelf.run(rotateKeys, { keyring: fresh, batchSize: 10, after: 0 })).toMatchObject({ units: 2 })
    const last = await shelf.run(rotateKeys, { keyring: fresh, batchSize: 10, after: 9 })
    expect(last).toEqual({ credentials: 0, whatsapp: 0, units: 0, next: 0 })
    expect(await listKeyFingerprints(shelf.test.database)).toContain(shelf.keyring.activeKeyId)
  })
  expect(await rotate(fresh)).toBe(1)
  expect(await listKeyFingerprints(shelf.test.database)).toEqual([fresh.activeKeyId])
})

test('a rotation that ends while goods are being added under the old key looks again', async () => {
  const product = await shelf.product()
  await shelf.add(product, 'early')
  const fresh = withNewKey(shelf.keyring)
  await shelf.run(rotateKeys, { keyring: fresh, batchSize: 10, after: 0 })
  let ending: Promise<number> | undefined
  await shelf.test.database.transaction(async (tx) => {
    await addStock(tx, ownerActor, {
      product,
      keyring: staleOf(fresh, shelf.keyring),
      source: 'slow',
      goods: { lines: Buffer.from('late') },
    })
    ending = rotate(fresh)
    await waiting(shelf)
  })
  expect(await ending).toBe(1)
  expect(await seals(onlyActive(fresh))).toMatchObject({ checked: 2, locked: 0 })
  expect(await listKeyFingerprints(shelf.test.database)).toEqual([fresh.activeKeyId])
})

test('goods that are added under the old key after a rotation make that key known again', async () => {
  const product = await shelf.product()
  const fresh = withNewKey(shelf.keyring)
  await rotate(fresh)
  await shelf.add(product, 'later still', staleOf(fresh, shelf.keyring))
  expect(await listKeyFingerprints(shelf.test.database)).toContain(shelf.keyring.activeKeyId)
  expect(await seals(fresh)).toMatchObject({ old: 1 })
  expect(await seals(onlyActive(fresh))).toMatchObject({ locked: 1 })
})

test('goods that were altered are named', async () => {
  const product = await shelf.product()
  const other = await shelf.product()
  await shelf.add(product, 'good\nbad')
  await shelf.add(other, 'elsewhere')
  const [bad] = await shelf.rows<{ id: number }>(
    `update stock_unit set sealed = (select sealed from stock_unit where product_id = $2)
     where id = (select max(id) from stock_unit where product_id = $1) returning id`,
    [product, other],
  )
  expect((await seals(shelf.keyring)).broken).toEqual([bad?.id])
})

test('the key of the fingerprints is made once, however many need it first at once', async () => {
  const own = await Shelf.open()
  try {
    const products = [await own.product(), await own.product(), await own.product()]
    await Promise.all(products.map((product) => own.add(product, 'same')))
    expect(await own.rows('select 1 from stock_key')).toHaveLength(1)
    for (const product of products) expect((await own.add(product, 'same')).added).toBe(0)
  } finally {
    await own.close()
  }
})
