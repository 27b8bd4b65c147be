import { describe, expect, test } from 'vitest'
import { parseHtml } from '../../sandbox/parse-html.ts'

describe('what the real server refuses is refused in its words', () => {
  test.each([
    ['x <b', 'Unclosed start tag at byte offset 2'],
    ['é<b', 'Unclosed start tag at byte offset 2'],
    ['<br>', 'Unsupported start tag "br" at byte offset 0'],
    ['1 < 2', 'Unsupported start tag "" at byte offset 2'],
    ['<script>alert(1)</script>', 'Unsupported start tag "script" at byte offset 0'],
    ['<b>bold', `Can't find end tag corresponding to start tag "b"`],
    ['bold</b>', 'Unexpected end tag at byte offset 4'],
    ['<b>bold</i>', 'Unmatched end tag at byte offset 7, expected "</b>", found "</i>"'],
    ['<b>bold</b ', 'Unclosed end tag at byte offset 7'],
    ['<a =x>y</a>', 'Empty attribute name in the tag "a" at byte offset 0'],
    ['<a href>y</a>', 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'],
    ['<a href=x/>y</a>', 'Unexpected end of name token at byte offset 8'],
    ['<a href="x>y</a>', 'Unclosed start tag at byte offset 0'],
    ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<tg-emoji emoji-id="x">y</tg-emoji>', 'Invalid custom emoji identifier specified'],
  ])('%s', (html, why) => {
    expect(() => parseHtml(html)).toThrow(`Bad Request: can't parse entities: ${why}`)
  })
})

describe('what it reads becomes text and entities', () => {
  test.each([
    ['<b>bold</b> and <i>it</i>', 'bold and it', ['bold 0 4', 'italic 9 2']],
    [
      '<strong>a</strong><em>b</em><ins>c</ins><del>d</del>',
      'abcd',
      ['bold 0 1', 'italic 1 1', 'underline 2 1', 'strikethrough 3 1'],
    ],
    ['🏟<b>🏟</b>', '🏟🏟', ['bold 2 2']],
    ['<b>x<i>y</i></b>', 'xy', ['bold 0 2', 'italic 1 1']],
    ['<b></b>', '', []],
    ['<B>x</>', 'x', ['bold 0 1']],
    ['a &lt;b&gt; &amp;&#33;&#x21; &nbsp; & &quot;', 'a <b> &!! &nbsp; & "', []],
    ['<span class="tg-spoiler">s</span><tg-spoiler>t</tg-spoiler>', 'st', ['spoiler 0 1', 'spoiler 1 1']],
    [
      '<blockquote>q</blockquote><blockquote expandable>r</blockquote>',
      'qr',
      ['blockquote 0 1', 'expandable_blockquote 1 1'],
    ],
    ['<code class="language-js">x</code>', 'x', ['code 0 1']],
    ['<a>no link</a>', 'no link', []],
    ['<a href="javascript:alert(1)">x</a>', 'x', []],
  ])('%s', (html, text, entities) => {
    const read = parseHtml(html)
    expect(read.text).toBe(text)
    expect(read.entities.map(({ type, offset, length }) => `${type} ${offset} ${length}`)).toEqual(entities)
  })

  test('a link keeps its target, a language its name, an emoji its number', () => {
    expect(parseHtml('<a href="https://example.com/?a=1&amp;b=2">x</a>').entities).toEqual([
      { type: 'text_link', offset: 0, length: 1, url: 'https://example.com/?a=1&b=2' },
    ])
    expect(parseHtml('<pre><code class="language-js">x</code></pre>').entities).toEqual([
      { type: 'pre', offset: 0, length: 1, language: 'js' },
    ])
    expect(parseHtml('<tg-emoji emoji-id="5">x</tg-emoji>').entities).toEqual([
      { type: 'custom_emoji', offset: 0, length: 1, custom_emoji_id: '5' },
    ])
  })
})
