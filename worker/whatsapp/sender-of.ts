import type { IncomingMessage } from './connection.ts'

/** Where a message is from: an address by number or LID, and perhaps the other one. */
interface MessageKey {
  readonly remoteJid?: string | null | undefined
  readonly remoteJidAlt?: string | null | undefined
}

/** Who wrote a message, by number and LID, as far as they are known. */
export async function senderOf(
  { remoteJid, remoteJidAlt }: MessageKey,
  phoneOfLid: (lid: string) => Promise<string | null>,
): Promise<IncomingMessage['from']> {
  const names = [remoteJid ?? '', remoteJidAlt ?? '']
  const userOf = (server: string) =>
    names.flatMap((name) => (name.endsWith(server) ? [name.split(/[:@]/, 1)[0] ?? ''] : []))[0]
  const lid = userOf('@lid')
  const phone = userOf('@s.whatsapp.net') ?? (lid === undefined ? undefined : await knownPhone(lid, phoneOfLid))
  return { phone: phone ?? null, lid: lid === undefined ? null : `${lid}@lid` }
}

async function knownPhone(
  lid: string,
  phoneOfLid: (lid: string) => Promise<string | null>,
): Promise<string | undefined> {
  const found = await phoneOfLid(`${lid}@lid`)
  return found?.split(/[:@]/, 1)[0]
}
