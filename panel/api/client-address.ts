import { isIPv6 } from 'node:net'

/**
 * The address that attempts are counted by: an IPv4 one as it is, of an IPv6 one the /64, since whoever has one
 * address there has them all.
 */
export function countedAddress(ip: string | undefined): string {
  if (ip === undefined) return 'unknown'
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  const bare = ip.replace(/%.*$/, '')
  return isIPv6(bare) ? `${firstGroups(bare, 4).join(':')}::/64` : bare
}

function firstGroups(address: string, count: number): string[] {
  const [head = '', tail] = address.split('::', 2)
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // A dotted tail, as in 64:ff9b::1.2.3.4, stands for two groups.
  const afterCount = after.length + (tail?.includes('.') === true ? 1 : 0)
  const zeros = tail === undefined ? 0 : 8 - before.length - afterCount
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return groups.slice(0, count).map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
}
