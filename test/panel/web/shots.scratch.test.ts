import { afterAll, beforeAll, it } from 'vitest'
import { own } from '../shop-fixture.ts'
import { startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
})
afterAll(() => web.stop())
it('shots', async () => {
  const { shop } = web
  await shop.admin('POST', '/api/agents', { id: 'ada', name: 'Ada', phone_number: '+491701230009', duration_months: 3 })
  const p = await shop.addProduct(5)
  const c = await shop.addCustomer('master', 20)
  const o = await shop.buy(c, p, 2)
  await shop.buy(await shop.addCustomer(own, 20), p, 1)
  await shop.admin('POST', '/api/categories', { name: 'Cards' })
  await shop.admin('POST', '/api/tokens', { name: 'report', scopes: ['instance.read'] })
  const paths = (process.env['SHOTS'] ?? '')
    .split(',')
    .map((x) => x.replace('ORDER', String(o)).replace('PRODUCT', p).replace('CUSTOMER', c))
  const modes: Record<string, object> = {
    light: {},
    darkphone: { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
    fa: { locale: 'fa-IR' },
    fadarkphone: { locale: 'fa-IR', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  }
  for (const mode of (process.env['MODES'] ?? 'light,darkphone,fa').split(',')) {
    const page = await web.openAs('the-owner', '/', modes[mode])
    for (const path of paths) {
      await page.goto(path)
      await page.locator('h1').waitFor()
      await page.waitForTimeout(500)
      await page.screenshot({ path: `/tmp/pcshots/${mode}${path.replace(/\W+/g, '_')}.png`, fullPage: true })
      const v: string[] = []
      const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      if (v.length || over) console.log(mode, path, over, v)
    }
  }
  console.log(web.troubles())
}, 300000)
