import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allOf, keyed, openShopPanel, type ShopPanel, statusOf } from './shop-fixture.ts'

let shop: ShopPanel
beforeAll(async () => {
  shop = await openShopPanel()
})
afterAll(() => shop.close())

const upload = (product: string, body: unknown, headers = {}) =>
  shop.admin('POST', `/api/products/${product}/stock`, body, headers)
const remove = (product: string, body: unknown) => shop.admin('POST', `/api/products/${product}/stock/remove`, body)

async function states(product: string): Promise<unknown> {
  const { json } = await shop.admin('GET', `/api/stock?product=${product}`)
  const [shelf] = json['items'] as Record<string, unknown>[]
  const { available, sold, spoilt } = shelf ?? {}
  return { available, sold, spoilt }
}

describe('an upload', () => {
  it('of lines says what was added and names every line that was not', async () => {
    const product = await shop.addProduct()
    const added = await upload(product, { goods: 'one\n\ntwo\r\none\n', source: 'codes.txt' })
    expect(added.status).toBe(201)
    expect(added.json).toEqual({
      product,
      import: expect.any(Number),
      added: 2,
      skipped_count: 2,
      skipped: [
        { line: 2, trouble: 'blank' },
        { line: 4, trouble: 'repeated', same_as: 1 },
      ],
      available: 2,
    })
    const units = await allOf<{ source: string; state: string }>(shop.admin, `/api/products/${product}/stock?limit=1`)
    expect(units).toMatchObject([
      { source: 'codes.txt', state: 'available', import: added.json['import'] },
      { source: 'codes.txt', state: 'available' },
    ])
  })

  it('of a table takes the column content, and of JSON lines texts and objects', async () => {
    const product = await shop.addProduct()
    const table = 'id,Content,note\r\n1,"a,""b""",x\r\n2,plain,\r\n'
    expect((await upload(product, { format: 'csv', goods: table })).json).toMatchObject({ added: 2 })
    const lines = '"text"\n{"content":"of an object","more":1}\n\n'
    expect((await upload(product, { format: 'jsonl', goods: lines })).json).toMatchObject({
      added: 2,
      skipped: [{ line: 3, trouble: 'blank' }],
    })
    const customer = await shop.addCustomer('master', 100)
    await shop.buy(customer, product, 4)
    const exported = await shop.admin('GET', `/api/stock/export?product=${product}&format=jsonl`)
    const contents = exported.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { content: string }).content)
    expect(contents).toEqual(['a,"b"', 'plain', 'text', 'of an object'])
  })

  it('of a file is one unit that keeps its name', async () => {
    const product = await shop.addProduct()
    const content = Buffer.from([0, 1, 2, 255]).toString('base64')
    const added = await upload(product, { file: { name: '../manual.pdf', content } })
    expect(added.json).toMatchObject({ added: 1, skipped: [] })
    expect((await shop.admin('GET', `/api/products/${product}/stock`)).json['items']).toMatchObject([
      { kind: 'file', file_name: 'manual.pdf' },
    ])
  })

  it.each([
    ['nothing', { goods: '' }],
    ['blank lines', { goods: '\n \n' }],
    ['a table without the column', { format: 'csv', goods: 'code\n1\n' }],
    ['a table with a stray quote', { format: 'csv', goods: 'content\na"b\n' }],
    ['a cell of two lines', { format: 'csv', goods: 'content\n"a\nb"\n' }],
    ['a line that is no JSON', { format: 'jsonl', goods: '{' }],
    ['a JSON number', { format: 'jsonl', goods: '5' }],
    ['an unknown format', { format: 'xml', goods: 'x' }],
    ['goods and a file', { goods: 'x', file: { name: 'a', content: 'AAAA' } }],
    ['a file without a name', { file: { name: '', content: 'AAAA' } }],
    ['a text with a zero character', { goods: 'a\u0000b' }],
    ['nothing that is known', {}],
  ])('of %s is refused whole', async (_what, body) => {
    const product = await shop.addProduct()
    const before = [await shop.count('stock_unit'), await shop.count('stock_batch'), await shop.count('audit_log')]
    expect(statusOf(await upload(product, body))).toEqual({ status: 400, code: 'usage' })
    expect([await shop.count('stock_unit'), await shop.count('stock_batch'), await shop.count('audit_log')]).toEqual(
      before,
    )
  })

  it('larger than the limit is 413, of thousands of lines without a unit names the first of them', async () => {
    const product = await shop.addProduct()
    expect((await upload(product, { goods: 'x'.repeat(8 * 1024 * 1024) })).status).toBe(413)
    const blank = await upload(product, { goods: '\n'.repeat(5000) })
    expect(blank.json['skipped']).toHaveLength(1000)
    const half = await upload(product, { goods: `one\n${'\n'.repeat(5000)}` })
    expect({ added: half.json['added'], count: half.json['skipped_count'] }).toEqual({ added: 1, count: 5000 })
    expect(half.json['skipped']).toHaveLength(1000)
  })

  it('is added once for a key, and to no product that is not there or archived', async () => {
    const product = await shop.addProduct()
    const key = keyed()
    const [first, again] = [
      await upload(product, { goods: 'a\nb' }, key),
      await upload(product, { goods: 'a\nb' }, key),
    ]
    expect(again.json).toEqual(first.json)
    expect(await states(product)).toMatchObject({ available: 2 })
    expect((await upload('nothing', { goods: 'x' })).status).toBe(404)
    await shop.admin('POST', `/api/products/${product}/archive`)
    expect(statusOf(await upload(product, { goods: 'c' }))).toEqual({ status: 409, code: 'conflict' })
  })

  it('leaves no goods in plain in the database, in the log, or in any other answer', async () => {
    const product = await shop.addProduct()
    const secret = 'canary-goods-7351'
    await upload(product, { goods: secret }, keyed())
    const answers = [
      await shop.admin('GET', `/api/products/${product}/stock`),
      await shop.admin('GET', `/api/stock?product=${product}`),
      await shop.admin('GET', `/api/products/${product}`),
    ]
    const { rows } = await shop.database.query(
      `select t::text from stock_unit t union all select t::text from api_reply t union all select t::text from audit_log t`,
    )
    expect(answers.map(({ text }) => text).join('')).not.toContain(secret)
    expect(JSON.stringify(rows)).not.toContain(secret)
    expect(shop.panel.logged()).not.toContain(secret)
  })
})

describe('units', () => {
  it('are removed by number, by import, or all; spoilt ones are kept', async () => {
    const product = await shop.addProduct()
    const first = Number((await upload(product, { goods: 'a\nb\nc' })).json['import'])
    await upload(product, { goods: 'd\ne' })
    const units = await allOf<{ id: number }>(shop.admin, `/api/products/${product}/stock`)
    expect((await remove(product, { units: { ids: [units[0]?.id] } })).json).toEqual({
      product,
      removed: 1,
      spoilt: 0,
      kept: 0,
    })
    expect((await remove(product, { units: { import: first }, spoil: 'seen by a stranger' })).json).toEqual({
      product,
      removed: 0,
      spoilt: 3,
      kept: 0,
    })
    expect((await remove(product, { units: 'all' })).json).toMatchObject({ removed: 1 })
    expect(await states(product)).toEqual({ available: 0, sold: 0, spoilt: 3 })
    expect(
      (await shop.admin('GET', `/api/products/${product}/stock?state=spoilt&import=${first}`)).json['items'],
    ).toHaveLength(3)
  })

  it('of another product, or of nothing, are not removed', async () => {
    const [product, other] = [await shop.addProduct(1), await shop.addProduct(1)]
    const [unit] = await allOf<{ id: number }>(shop.admin, `/api/products/${other}/stock`)
    expect((await remove(product, { units: { ids: [unit?.id] } })).status).toBe(404)
    expect((await remove(product, { units: { import: 999_999 } })).status).toBe(404)
    expect((await remove('nothing', { units: 'all' })).status).toBe(404)
    for (const body of [
      {},
      { units: {} },
      { units: { ids: [] } },
      { units: { ids: ['1'] } },
      { units: 'all', spoil: ' ' },
    ]) {
      expect((await remove(product, body)).status).toBe(400)
    }
    expect(await states(other)).toMatchObject({ available: 1 })
  })
})

describe('the export of what was sold', () => {
  it('is a table that no spreadsheet calculates, as an attachment, with a row in the audit', async () => {
    const product = await shop.addProduct()
    await upload(product, { goods: '=HYPERLINK("x")\nplain' })
    const customer = await shop.addCustomer('master', 100)
    const order = await shop.buy(customer, product, 2)
    const audits = () => shop.database.query(`select actor, target_id from audit_log where action = 'stock.export'`)
    const before = (await audits()).rowCount
    const { status, headers, text } = await shop.admin('GET', `/api/stock/export?product=${product}`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(headers.get('content-disposition')).toBe('attachment; filename=sold.csv')
    expect(headers.get('cache-control')).toBe('no-store')
    const [titles, first, second] = text.split('\r\n')
    expect(titles).toBe('order,unit,product,tenant,customer,sold_at,refunded_at,kind,file_name,encoding,content')
    expect(first).toMatch(new RegExp(`^${order},.*,utf-8,"'=HYPERLINK\\(""x""\\)"$`))
    expect(second).toMatch(/,plain$/)
    const rows = (await audits()).rows
    expect(rows.length).toBe(before + 1)
    expect(rows.at(-1)).toEqual({ actor: 'user:the-admin', target_id: product })
  })

  it('is of a time, and refuses what is none before anything is sent', async () => {
    const product = await shop.addProduct(1)
    await shop.buy(await shop.addCustomer('master', 10), product)
    const lines = async (query: string) =>
      (await shop.admin('GET', `/api/stock/export?product=${product}&format=jsonl${query}`)).text.split('\n').length - 1
    const today = new Date().toISOString().slice(0, 10)
    expect(await lines('')).toBe(1)
    expect(await lines(`&since=2020-01-01&until=${today}`)).toBe(1)
    expect(await lines('&until=2020-01-01')).toBe(0)
    for (const [query, expected] of [
      ['since=yesterday', 400],
      ['until=2020-13-01', 400],
      ['format=xlsx', 400],
      ['product=A', 400],
      ['product=nothing', 404],
    ] as const) {
      const { status, headers } = await shop.admin('GET', `/api/stock/export?${query}`)
      expect(status, query).toBe(expected)
      expect(headers.get('content-type')).toContain('application/problem+json')
      expect(headers.get('content-disposition')).toBeNull()
    }
  })

  it('is cut short when it fails on its way, so that nobody takes it for whole', async () => {
    const product = await shop.addProduct(501)
    const customer = await shop.addCustomer('master', 2000)
    await shop.database.query(
      `select place_order('master', $1, null, $2, 1, 'many-' || n, null, null, interval '0', 'test') from generate_series(1, 501) n`,
      [customer, product],
    )
    const path = `/api/stock/export?product=${product}`
    expect((await shop.admin('GET', path)).text.split('\r\n')).toHaveLength(503)
    await shop.database.query(
      `update stock_unit set sealed = 'broken' where id = (select max(unit_id) from order_unit s
         join customer_order o on o.id = s.order_id where o.id = (select max(id) from customer_order))`,
    )
    await expect(shop.admin('GET', path)).rejects.toThrow('aborted')
    expect(shop.panel.logged()).toContain('request failed')
  })

  it('is for those who may see goods: no operator, and no agent', async () => {
    for (const who of ['operator', 'agent'] as const) {
      expect(statusOf(await shop.by[who]('GET', '/api/stock/export'))).toEqual({ status: 403, code: 'not_allowed' })
    }
    expect((await shop.by.operator('POST', '/api/products/p1/stock/remove', { units: 'all' })).status).toBe(403)
    for (const path of ['/api/stock', '/api/products/p1/stock'])
      expect((await shop.by.agent('GET', path)).status).toBe(403)
  })
})

describe('the counts', () => {
  it('have every product once', async () => {
    const whole = (await shop.admin('GET', '/api/stock?limit=500')).json['items']
    expect(await allOf(shop.admin, '/api/stock?limit=3')).toEqual(whole)
    expect((await shop.admin('GET', '/api/stock?product=nothing')).status).toBe(404)
  })
})
