/** What a phone sends a newly linked companion of its own: a key for the app state, and an empty history. */
import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Device } from './account.ts'
import { deliver } from './deliver.ts'
import { haveSession } from './key-bundles.ts'
import { makeId, seconds, stanza } from './stanza.ts'
import type { World } from './world.ts'

const { HistorySyncType } = proto.HistorySync
const { Type } = proto.Message.ProtocolMessage

export async function sendHistory(world: World, device: Device): Promise<void> {
  if (device.synced || !world.syncsHistory) return
  device.synced = true
  const fingerprint = { rawId: 1, currentIndex: 0, deviceIndexes: [0] }
  const keyData = { keyData: randomBytes(32), fingerprint, timestamp: Date.now() }
  const keys = [{ keyId: { keyId: randomBytes(6) }, keyData }]
  await sendPeer(device, { type: Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare: { keys } })
  const history = proto.HistorySync.encode({ syncType: HistorySyncType.INITIAL_BOOTSTRAP, conversations: [] }).finish()
  const historySyncNotification = {
    syncType: HistorySyncType.INITIAL_BOOTSTRAP,
    initialHistBootstrapInlinePayload: deflateSync(history),
    progress: 100,
  }
  await sendPeer(device, { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification })
}

async function sendPeer(device: Device, protocolMessage: proto.Message.IProtocolMessage): Promise<void> {
  const { account } = device
  await haveSession(account, device)
  const { type, ciphertext } = await account.party.encrypt(account.lidJid(device.id), { protocolMessage })
  const attrs = { from: account.jid(), id: makeId('3A'), t: seconds(), type: 'text', category: 'peer' }
  deliver(device, stanza('message', attrs, [stanza('enc', { v: 2, type }, ciphertext)]))
}
