import { isLoopbackHost } from './loopback.ts'

/**
 * Why a server is not asked at the address that its row names; undefined when it may be. What it answers are people's logs,
 * and who answers is only proven by TLS: another address than this machine's needs that, or a word of the operator.
 */
export function refusePeerUrl(text: string | null, options: { readonly plainHttp: boolean }): string | undefined {
  if (text === null || !URL.canParse(text)) return 'it has not said where it is: set its PEER_URL'
  const { protocol, hostname, username, password } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return 'its address is none of http or https'
  if (username !== '' || password !== '') return 'its address holds a password: set its PEER_URL without one'
  if (protocol === 'https:' || options.plainHttp || isLoopbackHost(hostname)) return undefined
  return 'its address has no TLS: set its PEER_URL to an https one, or PEER_PLAIN_HTTP=1 here'
}
