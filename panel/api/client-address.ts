import { isIPv4, isIPv6 } from 'node:net'

/**
 * The address that attempts are counted by: an IPv4 one as it is, of an IPv6 one the /64, since whoever has one
 * address there has them all. Some proxies forward a port with it, which is left out: each connection has another.
 * Whatever is no address is counted as `unknown`, all of it together.
 */
export function countedAddress(ip = ''): string {
  const bare = (/^\[(.*)\](?::\d+)?$/.exec(ip)?.[1] ?? ip).replace(/%.*$/, '')
  const v4 = /^(?:::ffff:)?([\d.]+)(?::\d+)?$/i.exec(bare)?.[1]
  if (v4 !== undefined && isIPv4(v4)) return v4
  return isIPv6(bare) ? `${firstGroups(bare, 4).join(':')}::/64` : 'unknown'
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
