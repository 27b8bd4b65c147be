/** What a shop may set, and the HTML that it may set it in. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseButton, parseChat, parseLink, parseShopText } from '../../domain/shop-settings.ts'
import { checkTelegramHtml, escapeTelegramHtml } from '../../domain/telegram-html.ts'
import { agentIdAt, parseAgent, parseShop } from '../../domain/tenant.ts'
import { parseHtml } from '../../sandbox/parse-html.ts'

test.each([
  ['@mysupport', '@mysupport'],
  [' @my_support ', '@my_support'],
  ['https://t.me/mychannel', 'https://t.me/mychannel'],
  ['t.me/mychannel', 'https://t.me/mychannel'],
  ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
])('%s is a link', (text, link) => {
  expect(parseLink(text)).toBe(link)
})

test.each([
  '',
  'support',
  '@ab',
  '@1abc',
  '@a b',
  'http://example.com',
  'javascript:alert(1)',
  'tg://resolve?domain=x',
  'https://localhost',
  'https://user:pw@example.com',
  'https://exa mple.com',
  `https://example.com/${'x'.repeat(300)}`,
])('%j is no link', (text) => {
  expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: 'usage', details: { trouble: 'not_a_link' } }))
})

test('a button has a title of one line and an address', () => {
  expect(parseButton({ title: ' Rules ', url: '@rules' })).toEqual({ title: 'Rules', url: 'https://t.me/rules' })
  for (const title of ['', '  ', 'two\nlines', 'x'.repeat(65)]) {
    expect(() => parseButton({ title, url: '@rules' })).toThrow(/title/)
  }
})

test('a chat is a number or the name of a channel', () => {
  expect(parseChat('-1001234567890')).toBe('-1001234567890')
  expect(parseChat('@news')).toBe('@news')
  for (const text of ['', '0', '12a', '--1', 'news', '1'.repeat(30)]) expect(() => parseChat(text)).toThrow(/a chat is/)
})

test('an agent is named by its id or its tenant, and never master', () => {
  expect(parseAgent('agent001')).toBe('agent:agent001')
  expect(parseAgent('agent:agent001')).toBe('agent:agent001')
  expect(parseShop('master')).toBe('master')
  for (const text of ['master', 'agent:master', 'Agent', '', 'agent:', 'a b', 'x'.repeat(51)]) {
    expect(() => parseAgent(text), text).toThrow(/the id of an agent/)
  }
  expect(agentIdAt(new Date('2025-01-24T14:30:22.999Z'))).toBe('agent_20250124_143022')
})

test('the HTML of Telegram stays as it is', () => {
  const html = '<b>Welcome</b>, <a href="https://example.com/?a=1&b=2">read <i>this</i></a> & buy &lt;3'
  expect(parseShopText(html)).toEqual({ html, trouble: null })
  expect(parseShopText('<blockquote expandable>terms</blockquote>').trouble).toBeNull()
})

test.each([
  ['1 < 2', '1 &lt; 2'],
  ['<b>open', '&lt;b&gt;open'],
  ['<b><i>x</b></i>', '&lt;b&gt;&lt;i&gt;x&lt;/b&gt;&lt;/i&gt;'],
  ['<script>x</script>', '&lt;script&gt;x&lt;/script&gt;'],
  ['<b onclick="x">x</b>', '&lt;b onclick="x"&gt;x&lt;/b&gt;'],
  ['<a href="javascript:x">x</a>', '&lt;a href="javascript:x"&gt;x&lt;/a&gt;'],
  ['&#55296;', '&amp;#55296;'],
  ['&#xD800', '&amp;#xD800'],
])('%s is kept as plain words', (text, html) => {
  const kept = parseShopText(text)
  expect(kept.html).toBe(html)
  expect(kept.trouble).not.toBeNull()
})

test('a text has a length, also after it was escaped', () => {
  expect(() => parseShopText('  ')).toThrow(expect.objectContaining({ details: { trouble: 'bad_length' } }))
  expect(parseShopText('x'.repeat(3500)).html).toHaveLength(3500)
  expect(() => parseShopText('x'.repeat(3501))).toThrow(/this has 3501/)
  expect(() => parseShopText('<'.repeat(1000))).toThrow(/this has 4000/)
})

test('control characters other than line ends are left out', () => {
  expect(parseShopText('a\u0000b\r\nc\td\u0007').html).toBe('ab\nc\td')
})

const pieces = `<b>,</b>,<i>,</i>,<a href="https://x.yz">,</a>,<pre>,</pre>,<code>,</code>,<blockquote>,</blockquote>,
  <tg-spoiler>,</tg-spoiler>,<span class="x">,<,>,&,&lt;,&#55300;,&#65;,&#xdfff;,&#0056000;,x,",/`.split(/,\s*/)
const piece = fc.constantFrom(...pieces, ' ', '\n')
test('what passes is parsed by the Bot API, and what is escaped shows letter by letter', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      expect(parseHtml(escapeTelegramHtml(text)).text).toBe(text)
      if (checkTelegramHtml(text) === undefined) expect(() => parseHtml(text)).not.toThrow()
    }),
    { numRuns: 3000 },
  )
})
