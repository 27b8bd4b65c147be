/** Stanzas: what both sides send once the handshake is over. */
import { randomBytes } from 'node:crypto'
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildString,
  jidDecode,
} from '@whiskeysockets/baileys'

export type Stanza = BinaryNode

export const serverJid = '@s.whatsapp.net'
export const statusJid = 'status@broadcast'

/** Makes a stanza; attributes that are undefined are left out. */
export function stanza(
  tag: string,
  attrs: Readonly<Record<string, string | number | undefined>> = {},
  content?: readonly Stanza[] | Stanza['content'],
): Stanza {
  const given = Object.entries(attrs).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  const base = { tag, attrs: Object.fromEntries(given) as Record<string, string> }
  return content === undefined ? base : { ...base, content: content as Stanza[] }
}

/** The answer to a query. */
export function resultOf(query: Stanza, content?: readonly Stanza[]): Stanza {
  return stanza('iq', { from: query.attrs['to'] ?? serverJid, type: 'result', id: query.attrs['id'] }, content)
}

export function errorOf(query: Stanza, code: number, text: string): Stanza {
  const attrs = { from: query.attrs['to'] ?? serverJid, type: 'error', id: query.attrs['id'] }
  return stanza('iq', attrs, [stanza('error', { code, text })])
}

export function childOf(parent: Stanza | undefined, tag: string): Stanza | undefined {
  return getBinaryNodeChild(parent, tag)
}

export function childrenOf(parent: Stanza | undefined): readonly Stanza[] {
  return Array.isArray(parent?.content) ? parent.content : []
}

/** A child's bytes; throws when they are missing. */
export function bytesIn(parent: Stanza | undefined, tag: string): Buffer {
  const bytes = getBinaryNodeChildBuffer(parent, tag)
  if (bytes === undefined) throw new Error(`<${parent?.tag ?? 'nothing'}> has no <${tag}>`)
  return Buffer.from(bytes)
}

/** A child's text; empty when there is none. */
export function textIn(parent: Stanza | undefined, tag: string): string {
  return getBinaryNodeChildString(parent, tag) ?? ''
}

export function numberIn(parent: Stanza | undefined, tag: string): number {
  const bytes = bytesIn(parent, tag)
  return bytes.readUIntBE(0, bytes.length)
}

export function userOf(jid: string): string {
  return jidDecode(jid)?.user ?? ''
}

export function deviceOf(jid: string): number {
  return jidDecode(jid)?.device ?? 0
}

export function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes
}

export function seconds(): string {
  return String(Math.floor(Date.now() / 1000))
}

export function makeId(prefix = ''): string {
  return `${prefix}${randomBytes(9).toString('hex').toUpperCase()}`
}
