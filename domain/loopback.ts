/** Whether a host, as a URL or a setting writes it, is this machine and no other. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

/**
 * Where a panel is shown to other machines without TLS: those of its public origins, and whether by the very address that
 * it listens on, which counts unless a proxy with TLS stands in front.
 */
export function plainPlaces(
  host: string,
  publicOrigins: readonly string[],
): { readonly origins: readonly string[]; readonly isBare: boolean } {
  return {
    origins: publicOrigins.filter((origin) => origin.startsWith('http:') && !isLoopbackHost(new URL(origin).hostname)),
    isBare: !isLoopbackHost(host) && !publicOrigins.some((origin) => origin.startsWith('https:')),
  }
}
