/** Rebuilds a bot's HTML from an allow-list: everything else becomes plain text, and nothing is ever parsed into the page. */
const allowed = new Set([
  'B',
  'STRONG',
  'I',
  'EM',
  'U',
  'INS',
  'S',
  'STRIKE',
  'DEL',
  'CODE',
  'PRE',
  'BLOCKQUOTE',
  'SPAN',
  'A',
])

export function safeHtml(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html')
  const fragment = document.createDocumentFragment()
  for (const node of parsed.body.childNodes) fragment.append(copy(node))
  return fragment
}

function copy(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return document.createTextNode(node.textContent ?? '')
  if (!allowed.has(node.tagName)) return document.createTextNode(node.outerHTML)
  const element = document.createElement(node.tagName)
  const href = node.tagName === 'A' ? node.getAttribute('href') : null
  if (href !== null && /^(https?|tg|mailto):/i.test(href)) {
    element.href = href
    element.rel = 'noopener noreferrer'
    element.target = '_blank'
  }
  for (const child of node.childNodes) element.append(copy(child))
  return element
}
