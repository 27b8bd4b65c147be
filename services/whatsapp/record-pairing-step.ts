import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { coolDownMs } from '../../domain/pairing.ts'
import type { PairingNews } from '../../domain/pairing-calls.ts'
import type { GatewayAnswer, GatewayRequest } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { sealRow } from './sealing.ts'

/** WhatsApp's word for too often. */
const tooOften = 429

/**
 * Records what a worker says of its request to pair; the code is kept sealed, and only for as long as it is shown. A
 * request that has ended, and a step that does not follow from where it is, are left as they are.
 */
export async function recordPairingStep(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { number, news }: GatewayRequest<'waPairing'>,
): Promise<GatewayAnswer<'waPairing'>> {
  const shown = shownOf(news)
  const row = { table: 'pairing', instanceId: claim.instanceId, row: String(number) } as const
  const [said] = await fencedCall<{ is_open: boolean }>(database, 'pairing_step', claim, [
    number,
    shown === undefined ? news.step : 'shown',
    shown === undefined ? null : keyring.activeKeyId,
    shown === undefined ? null : sealRow(keyring, row, shown.text),
    shown?.ageMs ?? null,
    shown?.forMs ?? null,
    news.step === 'refused' ? news.code : null,
    'reason' in news ? news.reason : null,
    news.step === 'refused' && news.code === tooOften ? coolDownMs : null,
  ])
  return { open: said?.is_open ?? false }
}

function shownOf(news: PairingNews): { text: string; ageMs: number; forMs: number } | undefined {
  if (news.step === 'code') return { ...news, text: news.code }
  return news.step === 'qr' ? { ...news, text: news.qr } : undefined
}
